"""Calls inside this process, where the statements that they send can be counted."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from httpx2 import ASGITransport, AsyncClient

from package_name.resources import Resources

from .apps import app_on


@asynccontextmanager
async def calling(resources: Resources) -> AsyncIterator[AsyncClient]:
    """Call the routes inside this process, where their statements can be counted."""
    transport = ASGITransport(app=app_on(resources))
    async with AsyncClient(transport=transport, base_url="http://test") as http:
        yield http
