"""Counting the statements that a piece of work sends to the database."""

from collections.abc import Iterator
from contextlib import contextmanager

from httpx2 import Client, WSGITransport

from shop.db.statements import Statements
from shop.resources import Resources

from .apps import app_on


@contextmanager
def count_queries() -> Iterator[list[str]]:
    """Collect the statements that this process sends inside the block; a BEGIN is none."""
    statements: list[str] = []

    def collect(statement: str) -> None:
        if not statement.startswith("BEGIN"):
            statements.append(statement)

    Statements.listeners.append(collect)
    try:
        yield statements
    finally:
        Statements.listeners.remove(collect)


@contextmanager
def calling(resources: Resources) -> Iterator[Client]:
    """Call the routes inside this process, where their statements can be counted."""
    transport = WSGITransport(app=app_on(resources))
    with Client(transport=transport, base_url="http://test") as http:
        yield http
