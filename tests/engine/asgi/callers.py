"""Callers side by side: tasks."""

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, Generic, TypeVar

T = TypeVar("T")

SOON_S = 20.0


class Caller(Generic[T]):
    """One that has called, and may still wait."""

    def __init__(self, call: Callable[[], Coroutine[Any, Any, T]]) -> None:
        self._task = asyncio.create_task(call())

    async def outcome(self) -> T | BaseException:
        """Return what the call returned or raised."""
        done, _ = await asyncio.wait([self._task], timeout=SOON_S)
        assert done, "the caller still waits"
        return self._task.exception() or self._task.result()

    def cancel(self) -> None:
        """Let it go away."""
        self._task.cancel()
