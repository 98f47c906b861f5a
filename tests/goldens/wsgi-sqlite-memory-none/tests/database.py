"""What tests need of SQLite."""

from collections.abc import Mapping
from pathlib import Path
from uuid import uuid4

from sqlalchemy.orm import Session


def fresh_database(services: Mapping[str, str], folder: Path) -> str:
    """Return the URL of a file that the first connection makes."""
    del services  # a file needs none
    return f"sqlite:///{folder}/{uuid4().hex}.db"


def lock(session: Session, table: str) -> None:
    """Keep everyone else from writing until the session ends, to whatever table."""
    del table  # there is one writer at a time
    session.connection()
