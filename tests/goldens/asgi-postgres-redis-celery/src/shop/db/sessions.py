"""Makers of sessions of this stack's colour."""

from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, async_sessionmaker

from .reading import ReadingSession


def reading_sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Make sessions that refuse to write."""
    return async_sessionmaker(engine, expire_on_commit=False, sync_session_class=ReadingSession)


def writing_sessions(engine: AsyncEngine) -> async_sessionmaker[AsyncSession]:
    """Make sessions whose objects stay readable after the commit."""
    return async_sessionmaker(engine, expire_on_commit=False)
