"""Sessions that only read: outside a transaction a write could not be undone, so it is refused."""

from typing import Any

from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session


class WriteInReadOnlySession(RuntimeError):
    """A write in `Database.reading()`; `Database.writing()` is for that."""

    def __init__(self) -> None:
        super().__init__("this session only reads; write in Database.writing()")


class ReadOnlySession(Session):
    """Refuses what would write."""


@event.listens_for(ReadOnlySession, "before_flush")
def _refuse_objects(*_: Any) -> None:
    raise WriteInReadOnlySession


@event.listens_for(ReadOnlySession, "do_orm_execute")
def _refuse_statements(state: ORMExecuteState) -> None:
    if state.is_insert or state.is_update or state.is_delete:
        raise WriteInReadOnlySession
