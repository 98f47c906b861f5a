"""Counting the statements that a piece of work sends to the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from httpx2 import Client, WSGITransport
from sqlalchemy import Engine, event

from shop.resources import Resources

from .apps import app_on


@contextmanager
def count_queries() -> Iterator[list[str]]:
    """Collect the statements that this process sends inside the block; a BEGIN is none."""
    statements: list[str] = []

    def collect(_: object, __: object, statement: str, *___: object) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    event.listen(Engine, "before_cursor_execute", collect)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", collect)


@contextmanager
def calling(resources: Resources) -> Iterator[Client]:
    """Call the routes inside this process, where their statements can be counted."""
    transport = WSGITransport(app=app_on(resources))
    with Client(transport=transport, base_url="http://test") as http:
        yield http
