"""Callers side by side: threads."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Thread
from typing import Generic, TypeVar

T = TypeVar("T")

SOON_S = 20.0


class Caller(Generic[T]):
    """One that has called, and may still wait."""

    def __init__(self, call: Callable[[], T]) -> None:
        self._answer: Future[T] = Future()
        Thread(target=self._run, args=(call,), daemon=True).start()

    def outcome(self) -> T | BaseException:
        """Return what the call returned or raised."""
        return self._answer.exception(SOON_S) or self._answer.result()

    def _run(self, call: Callable[[], T]) -> None:
        try:
            self._answer.set_result(call())
        except BaseException as error:  # the test looks at it
            self._answer.set_exception(error)
