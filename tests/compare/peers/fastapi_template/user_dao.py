"""The access object, as the template's example has its own: `db/dao/`."""

from collections.abc import AsyncIterator

from fastapi import Depends
from shop_ft.db.dependencies import get_db_session
from shop_ft.db.models.user_model import UserModel
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession


class UserDAO:
    """Class for accessing the users table."""

    def __init__(self, session: AsyncSession = Depends(get_db_session)) -> None:
        self.session = session

    async def create_user(self, **values: str) -> UserModel:
        """Add a single user to the session."""
        user = UserModel(**values)
        self.session.add(user)
        await self.session.flush()
        return user

    async def create_users(self, users: list[dict[str, str]]) -> None:
        """Add users to the session."""
        self.session.add_all([UserModel(**values) for values in users])
        await self.session.flush()

    async def get_user(self, user_id: int) -> UserModel | None:
        """Get one user."""
        return await self.session.get(UserModel, user_id)

    async def get_users(self, limit: int, after: int) -> list[UserModel]:
        """Get users by id, a page at a time."""
        query = select(UserModel).where(UserModel.id > after).order_by(UserModel.id).limit(limit)
        raw_users = await self.session.execute(query)
        return list(raw_users.scalars().fetchall())

    async def stream_users(self) -> AsyncIterator[UserModel]:
        """Get all users, a thousand at a time."""
        query = select(UserModel).order_by(UserModel.id).execution_options(yield_per=1000)
        async for user in await self.session.stream_scalars(query):
            yield user
