"""Makers of sessions of this stack's colour."""

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from .reading import ReadingSession


def reading_sessions(engine: Engine) -> sessionmaker[ReadingSession]:
    """Make sessions that refuse to write."""
    return sessionmaker(engine, class_=ReadingSession, expire_on_commit=False)


def writing_sessions(engine: Engine) -> sessionmaker[Session]:
    """Make sessions whose objects stay readable after the commit."""
    return sessionmaker(engine, expire_on_commit=False)
