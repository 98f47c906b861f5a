"""How routes of tests wait, and have another thread work."""

import asyncio
from collections.abc import Callable
from typing import Any


async def wait(seconds: float) -> None:
    """Let others run for so long."""
    await asyncio.sleep(seconds)


async def aside(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a function returns in a thread that handles no requests."""
    return await asyncio.to_thread(function, *arguments)
