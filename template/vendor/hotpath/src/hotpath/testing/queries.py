"""Counting the statements that a piece of work sends to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from hotpath.db.query_log import QueryLog

_BLOCKS: ContextVar[tuple[int, ...]] = ContextVar("blocks", default=())
"""Ids of the lists of all blocks that are open here."""


@contextmanager
def count_queries(*, of_this_context: bool = False) -> Iterator[list[str]]:
    """Collect the statements that this process sends inside the block; a BEGIN is none.

    Args:
        of_this_context: Leave out those of threads and asyncio tasks that run beside, such as
            the relay of tasks; those of tasks that the block creates are counted.
    """
    statements: list[str] = []

    def collect(statement: str) -> None:
        is_wanted = not of_this_context or id(statements) in _BLOCKS.get()
        if is_wanted and not statement.startswith("BEGIN"):
            statements.append(statement)

    token = _BLOCKS.set((*_BLOCKS.get(), id(statements)))
    QueryLog.listeners.append(collect)
    try:
        yield statements
    finally:
        QueryLog.listeners.remove(collect)
        _BLOCKS.reset(token)
