"""Counting the statements that a piece of work sends to the database."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import get_ident

from hotpath.db.query_log import QueryLog


@contextmanager
def count_queries(*, of_this_thread: bool = False) -> Iterator[list[str]]:
    """Collect the statements that this process sends inside the block; a BEGIN is none.

    Args:
        of_this_thread: Leave out those of other threads, such as a task that runs beside.
    """
    statements: list[str] = []
    thread = get_ident()

    def collect(statement: str) -> None:
        is_wanted = not of_this_thread or get_ident() == thread
        if is_wanted and not statement.startswith("BEGIN"):
            statements.append(statement)

    QueryLog.listeners.append(collect)
    try:
        yield statements
    finally:
        QueryLog.listeners.remove(collect)
