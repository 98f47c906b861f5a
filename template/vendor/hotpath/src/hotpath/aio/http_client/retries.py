"""Retries of idempotent calls, by stamina: with back-off, jitter and a budget."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from stamina import retry_context

from hotpath.http_client.calls import Call
from hotpath.http_client.errors import DependencyError
from hotpath.http_client.retry_budget import RetryBudget

T = TypeVar("T")

WAIT_S = 0.05
MAX_WAIT_S = 1.0
JITTER_S = 0.1
"""Waits are 0.05 s, 0.1 s, 0.2 s, … and up to 0.1 s more, so that callers do not return at once."""


class Retries:
    """The retries of one call; stamina asks it after each failure."""

    def __init__(
        self, call: Call, budget: RetryBudget, attempts: int, count: Callable[[], None]
    ) -> None:
        self._call = call
        self._budget = budget
        self._left = attempts - 1
        self._wait_s = WAIT_S
        self._count = count

    def __call__(self, error: Exception) -> bool | float:
        """Return whether to try again, or after how many seconds."""
        if not (isinstance(error, DependencyError) and error.is_transient):
            return False
        wait_s = error.retry_after_s
        longest_s = self._wait_s + JITTER_S if wait_s is None else wait_s
        if not self._left or self._call.remaining_s() < longest_s or not self._budget.take():
            return False
        self._left -= 1
        self._wait_s = min(2 * self._wait_s, MAX_WAIT_S)
        self._count()
        return True if wait_s is None else wait_s


async def with_retries(
    once: Callable[[], Awaitable[T]], call: Call, retries: Callable[[], Retries]
) -> T:
    """Return what `once` returns, tried again while that is allowed.

    Cost: nothing if it works at once; stamina's loop takes 24 µs, and begins with the failure.
    """
    try:
        return await once()
    except DependencyError as error:
        if not (call.is_idempotent and error.is_transient):
            raise
        failed = error
    tries = retry_context(
        retries(), None, None, wait_initial=WAIT_S, wait_max=MAX_WAIT_S, wait_jitter=JITTER_S
    )
    async for attempt in tries.with_name(f"{failed.dependency} {call.method}", (), {}):
        with attempt:
            if attempt.num == 1:
                raise failed
            return await once()
    raise AssertionError  # stamina raises the last failure
