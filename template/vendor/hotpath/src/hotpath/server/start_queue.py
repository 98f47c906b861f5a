"""Requests that begin in a later turn of the event loop, since enough begin in this one.

What many clients send at once is read in one turn of the loop. If each of their requests began in
it, all of them would be handled before anything else, such as a health check on a new connection.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from time import monotonic
from typing import Any, Protocol

from hotpath.server.shedding import TICK_S, Shedder, is_exempt


class Startable(Protocol):
    """A connection whose requests are begun; each is its `cycle`, as uvicorn calls it."""

    transport: asyncio.Transport

    def begin(self, cycle: Any) -> None:
        """Handle a request."""
        ...

    def drop(self, cycle: Any) -> None:
        """Forget a request whose client has gone."""
        ...

    def refuse_late(self, cycle: Any) -> None:
        """Tell that there are too many requests to one that has waited."""
        ...

    def target_of(self, cycle: Any) -> bytes:
        """Return the target of a request."""
        ...


class StartQueue:
    """Begins the requests of a process, in their order, a few in each turn of its event loop.

    Attributes:
        waiting: Returns how many requests wait.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[tuple[Startable, Any, float]] = deque()
        self.waiting: Callable[[], int] = self._waiting.__len__
        self._context = copy_context()
        """Of no request: what begins later is not begun in that of whoever is handled then."""
        self._turn_at = 0.0
        self._begun = 0
        """Requests that have begun in this turn."""

    def follow(self, shedder: Shedder) -> None:
        """Begin `at_once` requests of this one in each turn, and refuse those that are late."""
        self._shedder = shedder

    def start(self, connection: Startable, cycle: Any) -> None:
        """Begin a request, now or in a later turn; those that are never refused now.

        Cost: 0.2 µs, 1.5 µs for one that waits.
        """
        now = self._loop.time()  # of a turn, with uvloop
        if now != self._turn_at:
            self._turn_at, self._begun = now, 0
        has_room = self._begun < self._shedder.at_once and not self._waiting
        if has_room or is_exempt(connection.target_of(cycle)):
            self._begun += 1
            connection.begin(cycle)
            return
        if not self._waiting:
            self._loop.call_soon(self._go_on, context=self._context)
        self._waiting.append((connection, cycle, monotonic()))

    def _go_on(self) -> None:
        shedder = self._shedder
        shedder.look(TICK_S)
        self._turn_at, self._begun = self._loop.time(), 0
        try:
            while self._waiting and self._begun < shedder.at_once:
                connection, cycle, since = self._waiting.popleft()
                if connection.transport.is_closing():
                    connection.drop(cycle)
                elif shedder.is_late(connection.target_of(cycle), monotonic() - since):
                    shedder.count_late()
                    connection.refuse_late(cycle)
                else:
                    self._begun += 1
                    connection.begin(cycle)
        finally:  # one that fails keeps no others waiting
            if self._waiting:
                self._loop.call_soon(self._go_on, context=self._context)
