"""Requests that begin in a later turn of the event loop, since enough begin in this one.

What many clients send at once is read in one turn of the loop. If each of their requests began in
it, all of them would be handled before anything else, such as a health check on a new connection;
and if they wait before they compute, as for a database, they would all go on at once later.
"""

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import copy_context
from time import monotonic
from typing import Any, Protocol

from hotpath.server.concurrency_limit import ConcurrencyLimit
from hotpath.server.shedding import TICK_S, Shedder, is_exempt

_USUAL, _MOST = 64, 10_000
"""Requests that are handled at once while nothing is known of them, and at most."""


class Startable(Protocol):
    """A connection whose requests are begun; each is its `cycle`, as uvicorn calls it."""

    transport: asyncio.Transport

    def begin(self, cycle: Any, period: int) -> None:
        """Handle a request; tell `StartQueue.ended` the period at its end."""
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
        self._limit = ConcurrencyLimit(_USUAL, _MOST)
        self._context = copy_context()
        """Of no request: what begins later is not begun in that of whoever is handled then."""
        self._turn_at = 0.0
        self._begun = 0
        """Requests that have begun in this turn."""
        self._is_due = False

    def follow(self, shedder: Shedder) -> None:
        """Begin `at_once` requests of this one in each turn, have its ticks tell how many may be
        handled at once, and refuse those that are late.
        """
        self._shedder = shedder
        shedder.on_tick = self._adapt

    def start(self, connection: Startable, cycle: Any) -> None:
        """Begin a request, now or in a later turn; those that are never refused now.

        Cost: 0.4 µs, 1.8 µs for one that waits.
        """
        now = self._loop.time()  # in ms, with uvloop: a turn that lasts counts as several
        if now != self._turn_at:
            self._turn_at, self._begun = now, 0
        if (not self._waiting and self._has_room()) or is_exempt(connection.target_of(cycle)):
            self._begin(connection, cycle)
            return
        self._waiting.append((connection, cycle, monotonic()))
        self._go_on_soon()

    def ended(self, period: int) -> None:
        """Let another request begin: one that began in this period has ended. Cost: 0.1 µs."""
        self._limit.ended(period)
        if self._waiting:
            self._go_on_soon()

    def _has_room(self) -> bool:
        """Tell whether another request may begin in this turn."""
        return self._begun < self._shedder.at_once and self._limit.busy < self._limit.value

    def _begin(self, connection: Startable, cycle: Any) -> None:
        self._begun += 1
        connection.begin(cycle, self._limit.began())

    def _adapt(self, elapsed_s: float, used: float) -> None:
        self._limit.tick(elapsed_s, used, used, len(self._waiting))
        if self._waiting:
            self._go_on_soon()

    def _go_on_soon(self) -> None:
        if not self._is_due:
            self._is_due = True
            self._loop.call_soon(self._go_on, context=self._context)

    def _go_on(self) -> None:
        self._is_due = False
        self._turn_at, self._begun = self._loop.time(), 0
        try:
            self._shedder.look(TICK_S)
            while self._waiting and self._goes_on():
                pass
        finally:  # one that fails keeps no others waiting
            if self._waiting and self._limit.busy < self._limit.value:
                self._go_on_soon()

    def _goes_on(self) -> bool:
        """Begin, refuse or forget the first request; False if it has to wait for longer."""
        connection, cycle, since = self._waiting[0]
        if connection.transport.is_closing():
            self._waiting.popleft()
            connection.drop(cycle)
        elif self._shedder.is_late(connection.target_of(cycle), monotonic() - since):
            self._waiting.popleft()
            self._shedder.count_late()
            connection.refuse_late(cycle)
        elif self._has_room():
            self._waiting.popleft()
            self._begin(connection, cycle)
        else:
            return False
        return True
