"""The routes, as the template's examples have theirs: `web/api/dummy/` and `web/api/redis/`."""

from collections.abc import AsyncIterator

from fastapi import APIRouter, HTTPException
from fastapi.param_functions import Depends
from fastapi.responses import StreamingResponse
from redis.asyncio import ConnectionPool, Redis
from shop_ft.db.dao.user_dao import UserDAO
from shop_ft.db.models.user_model import UserModel
from shop_ft.services.redis.dependency import get_redis_pool
from shop_ft.web.api.users.schema import InsertedDTO, UserDTO, UserInputDTO, UserPageDTO

router = APIRouter()
CACHE_TTL = 3600


@router.get("/users", response_model=UserPageDTO)
async def get_users(
    limit: int = 50,
    after: int = 0,
    user_dao: UserDAO = Depends(),
) -> dict[str, list[UserModel]]:
    """Retrieve a page of users."""
    return {"items": await user_dao.get_users(limit=limit, after=after)}


@router.post("/users", response_model=UserDTO, status_code=201)
async def create_user(new_user: UserInputDTO, user_dao: UserDAO = Depends()) -> UserModel:
    """Create a user."""
    return await user_dao.create_user(**new_user.model_dump())


@router.post("/users/bulk", response_model=InsertedDTO, status_code=201)
async def create_users(
    new_users: list[UserInputDTO], user_dao: UserDAO = Depends()
) -> dict[str, int]:
    """Create many users."""
    await user_dao.create_users([user.model_dump() for user in new_users])
    return {"inserted": len(new_users)}


@router.get("/users/export")
async def export_users(user_dao: UserDAO = Depends()) -> StreamingResponse:
    """Stream all users as lines."""

    async def lines() -> AsyncIterator[str]:
        async for user in user_dao.stream_users():
            yield UserDTO.model_validate(user).model_dump_json() + "\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")


@router.get("/users/{user_id}", response_model=UserDTO)
async def get_user(user_id: int, user_dao: UserDAO = Depends()) -> UserModel:
    """Retrieve one user."""
    user = await user_dao.get_user(user_id)
    if user is None:
        raise HTTPException(status_code=404)
    return user


@router.get("/cached/users/{user_id}", response_model=UserDTO)
async def get_cached_user(
    user_id: int,
    user_dao: UserDAO = Depends(),
    redis_pool: ConnectionPool = Depends(get_redis_pool),
) -> UserDTO:
    """Retrieve one user, kept in Redis."""
    async with Redis(connection_pool=redis_pool) as redis:
        kept = await redis.get(f"user:{user_id}")
        if kept is not None:
            return UserDTO.model_validate_json(kept)
        user = UserDTO.model_validate(await get_user(user_id, user_dao))
        await redis.set(f"user:{user_id}", user.model_dump_json(), ex=CACHE_TTL)
        return user
