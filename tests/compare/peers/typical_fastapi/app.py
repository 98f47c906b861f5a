"""A typical FastAPI service: async SQLAlchemy ORM, Pydantic schemas, cache-aside in Redis.

Written the way tutorials do it, in one file. `DATABASE_URL` may name PostgreSQL or SQLite.
"""

import logging
import time
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, Literal

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, EmailStr, Field
from pydantic_settings import BaseSettings
from redis.asyncio import Redis
from sqlalchemy import BigInteger, DateTime, Integer, String, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette.middleware.base import BaseHTTPMiddleware


class Settings(BaseSettings):
    database_url: str
    redis_url: str
    cache_ttl: int = 3600


settings = Settings()
logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
logger = logging.getLogger("typical")
engine = create_async_engine(settings.database_url, pool_size=10, max_overflow=5)
SessionLocal = async_sessionmaker(engine, expire_on_commit=False)
redis = Redis.from_url(settings.redis_url)


class Base(DeclarativeBase):
    pass


# region users
class User(Base):
    __tablename__ = "users"

    id: Mapped[int] = mapped_column(BigInteger().with_variant(Integer, "sqlite"), primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(100))
    status: Mapped[str] = mapped_column(String(10), default="active")
    created_at: Mapped[datetime] = mapped_column(
        DateTime(timezone=True), default=lambda: datetime.now(UTC)
    )


class UserCreate(BaseModel):
    email: EmailStr
    name: str = Field(min_length=1, max_length=100)
    status: Literal["active", "inactive", "banned"] = "active"


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)

    id: int
    email: str
    name: str
    status: str
    created_at: datetime


class UserPage(BaseModel):
    items: list[UserOut]
    next_after: int | None


# endregion


class RequestMiddleware(BaseHTTPMiddleware):
    """Gives a request an id, times it, logs it."""

    async def dispatch(
        self, request: Request, call_next: Callable[[Request], Awaitable[Response]]
    ) -> Response:
        request_id = request.headers.get("x-request-id") or uuid.uuid4().hex
        start = time.perf_counter()
        response = await call_next(request)
        took_ms = (time.perf_counter() - start) * 1000
        response.headers["x-request-id"] = request_id
        response.headers["x-response-time-ms"] = f"{took_ms:.1f}"
        logger.info(
            "%s %s %s %.1f ms id=%s",
            request.method,
            request.url.path,
            response.status_code,
            took_ms,
            request_id,
        )
        return response


async def get_session() -> AsyncIterator[AsyncSession]:
    async with SessionLocal() as session:
        yield session


Session = Annotated[AsyncSession, Depends(get_session)]


@asynccontextmanager
async def lifespan(_: FastAPI) -> AsyncIterator[None]:
    yield
    await redis.aclose()
    await engine.dispose()


app = FastAPI(title="Typical", lifespan=lifespan)
app.add_middleware(RequestMiddleware)


@app.get("/healthz")
async def health() -> dict[str, str]:
    return {"status": "ok"}


# region users
@app.post("/users", status_code=201, response_model=UserOut)
async def create_user(data: UserCreate, session: Session) -> Any:
    user = User(**data.model_dump())
    session.add(user)
    try:
        await session.commit()
    except IntegrityError:
        raise HTTPException(409, "email is taken") from None
    return user


@app.post("/users/bulk", status_code=201)
async def create_users(data: list[UserCreate], session: Session) -> dict[str, int]:
    session.add_all([User(**user.model_dump()) for user in data])
    try:
        await session.commit()
    except IntegrityError:
        raise HTTPException(409, "email is taken") from None
    return {"inserted": len(data)}


@app.get("/users", response_model=UserPage)
async def list_users(
    session: Session, after: int = 0, limit: Annotated[int, Query(le=200)] = 50
) -> Any:
    query = select(User).where(User.id > after).order_by(User.id).limit(limit)
    users = (await session.scalars(query)).all()
    return {"items": users, "next_after": users[-1].id if users else None}


@app.get("/users/export")
async def export_users() -> StreamingResponse:
    async def lines() -> AsyncIterator[str]:
        async with SessionLocal() as session:
            query = select(User).order_by(User.id).execution_options(yield_per=1000)
            async for user in await session.stream_scalars(query):
                yield UserOut.model_validate(user).model_dump_json() + "\n"

    return StreamingResponse(lines(), media_type="application/x-ndjson")


@app.get("/users/{user_id}", response_model=UserOut)
async def read_user(user_id: int, session: Session) -> Any:
    user = await session.get(User, user_id)
    if user is None:
        raise HTTPException(404, "no such user")
    return user


@app.get("/cached/users/{user_id}", response_model=UserOut)
async def read_cached_user(user_id: int, session: Session) -> Any:
    key = f"user:{user_id}"
    cached = await redis.get(key)
    if cached is not None:
        return UserOut.model_validate_json(cached)
    user = UserOut.model_validate(await read_user(user_id, session))
    await redis.set(key, user.model_dump_json(), ex=settings.cache_ttl)
    return user


# endregion
