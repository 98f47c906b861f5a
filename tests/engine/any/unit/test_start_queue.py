"""What many clients send at once begins in several turns of the event loop, in its order."""

from collections.abc import Callable, Iterator
from contextvars import Context, ContextVar, copy_context
from typing import Any, cast

import pytest
from hotpath.server.shedding import TICK_S, Shedder
from hotpath.server.start_queue import StartQueue

AT_ONCE = 8
USUAL, MOST = 64, 10_000
TICKS = 40
TARGET_S = 0.05
FAILS = -1
NAME = ContextVar("name", default="")


class Connection:
    """A connection, whose requests are numbers."""

    def __init__(self, turns: "Turns", target: bytes = b"/users") -> None:
        self._turns = turns
        self._target = target
        self.transport = self
        self.is_gone = False
        self.dropped: list[int] = []
        self.refused: list[int] = []

    def is_closing(self) -> bool:
        """Tell whether the client has gone."""
        return self.is_gone

    def target_of(self, cycle: Any) -> bytes:
        """Return the path of a request."""
        del cycle
        return self._target

    def begin(self, cycle: int, period: int) -> None:
        """Note a request.

        Raises:
            ValueError: for `FAILS`.
        """
        del period
        self._turns.begun.append(cycle)
        self._turns.names.append(NAME.get())
        if cycle == FAILS:
            raise ValueError("it fails")

    def drop(self, cycle: int) -> None:
        """Note that a request was forgotten."""
        self.dropped.append(cycle)

    def refuse_late(self, cycle: int) -> None:
        """Note that a request was refused."""
        self.refused.append(cycle)


class Turns:
    """An event loop, turn by turn."""

    def __init__(self) -> None:
        self.begun: list[int] = []
        self.names: list[str] = []
        self.refused = 0
        self.queue = StartQueue(cast(Any, self))
        self.shedder = Shedder(TARGET_S, lambda: 0, self.queue.waiting, self._count_refused)
        self.queue.follow(self.shedder)
        self.shedder.look = lambda _after_s=0.0: None  # type: ignore[method-assign] # ticks are told
        self._now = 0.0
        self._soon: list[tuple[Callable[[], None], Context]] = []

    def _count_refused(self) -> None:
        self.refused += 1

    def start(self, connection: Connection, *numbers: int) -> None:
        """Have requests begin, now or later."""
        for number in numbers:
            self.queue.start(cast(Any, connection), number)

    def time(self) -> float:
        """Return the time of this turn."""
        return self._now

    def call_soon(self, call: Callable[[], None], context: Context | None = None) -> None:
        """Call in the next turn."""
        self._soon.append((call, context or copy_context()))

    def __iter__(self) -> Iterator[int]:
        """Run turns until nothing is left; yield how many requests have begun after each."""
        while self._soon:
            calls, self._soon = self._soon, []
            self._now += 1
            for call, context in calls:
                context.run(call)
            yield len(self.begun)


@pytest.fixture
def turns() -> Turns:
    return Turns()


def test_so_many_requests_begin_in_a_turn_in_their_order(turns: Turns) -> None:
    turns.start(Connection(turns), *range(3 * AT_ONCE + 1))

    assert (len(turns.begun), turns.queue.waiting()) == (AT_ONCE, 2 * AT_ONCE + 1)
    assert [*turns] == [2 * AT_ONCE, 3 * AT_ONCE, 3 * AT_ONCE + 1]
    assert turns.begun == [*range(3 * AT_ONCE + 1)]


def test_what_comes_in_another_turn_has_room_of_its_own(turns: Turns) -> None:
    for number in range(USUAL // AT_ONCE):
        turns.start(Connection(turns), *[number] * AT_ONCE)
        turns.call_soon(lambda: None)
        list(turns)

    assert len(turns.begun) == USUAL


def test_who_comes_later_begins_after_those_who_wait(turns: Turns) -> None:
    connection = Connection(turns)
    turns.start(connection, *range(AT_ONCE + 1))
    turns.shedder.at_once = 2 * AT_ONCE

    turns.start(connection, AT_ONCE + 1)

    assert len(turns.begun) == AT_ONCE
    assert [*turns] == [AT_ONCE + 2]
    assert turns.begun == [*range(AT_ONCE + 2)]


def test_a_health_check_waits_for_nobody(turns: Turns) -> None:
    turns.start(Connection(turns), *range(2 * AT_ONCE))

    turns.start(Connection(turns, b"/healthz"), 1000)

    assert turns.begun[-1] == 1000


def test_who_has_gone_is_forgotten(turns: Turns) -> None:
    connection = Connection(turns)
    turns.start(connection, *range(AT_ONCE + 1))
    connection.is_gone = True

    assert [*turns] == [AT_ONCE]
    assert connection.dropped == [AT_ONCE]


def test_who_has_waited_too_long_is_refused(turns: Turns) -> None:
    connection = Connection(turns)
    turns.shedder.late_s = -1.0
    turns.start(connection, *range(AT_ONCE + 2))
    turns.shedder.tick(0.2, 0.2)

    assert [*turns] == [AT_ONCE]
    assert connection.refused == [AT_ONCE, AT_ONCE + 1]
    assert turns.refused == 2


def test_who_waits_begins_in_the_context_of_nobody_else(turns: Turns) -> None:
    def start() -> None:
        NAME.set("alice")
        turns.start(Connection(turns), AT_ONCE)

    turns.start(Connection(turns), *range(AT_ONCE))
    copy_context().run(start)
    turns.start(Connection(turns), *range(AT_ONCE + 1, 3 * AT_ONCE))
    list(turns)

    assert turns.names == [""] * 3 * AT_ONCE


def test_one_that_fails_keeps_no_others_waiting(turns: Turns) -> None:
    turns.start(Connection(turns), *range(AT_ONCE), FAILS, 1000)

    with pytest.raises(ValueError, match="it fails"):
        list(turns)

    assert [*turns] == [AT_ONCE + 2]
    assert turns.begun[-1] == 1000


def tick(turns: Turns, count: int = 1, *, late_s: float = 0.0, used: float = 0.1) -> None:
    assert turns.shedder.on_tick is not None
    for _ in range(count):
        turns.shedder.on_tick(TICK_S + late_s, used)


def run(turns: Turns, count: int) -> list[int]:
    """Have so many requests run."""
    return [turns.queue._limit.began() for _ in range(count)]


def test_no_more_than_usual_run_until_it_is_seen_that_they_hold_up_nobody(turns: Turns) -> None:
    run(turns, USUAL)
    turns.start(Connection(turns), 1)

    assert [*turns] == [0]
    assert [*turns] == []  # it costs nothing to wait
    tick(turns)
    assert [*turns] == [1]


def test_whoever_ends_lets_another_one_begin(turns: Turns) -> None:
    periods = run(turns, USUAL)
    turns.start(Connection(turns), 1, 2)
    list(turns)

    turns.queue.ended(periods[0])

    assert [*turns] == [1]
    assert (turns.begun, turns.queue.waiting()) == ([1], 1)


def test_few_run_while_the_event_loop_waits_for_them(turns: Turns) -> None:
    for _ in range(TICKS):
        run(turns, turns.queue._limit.value - turns.queue._limit.busy)
        tick(turns, late_s=0.04, used=1.0)
    turns.queue._limit.busy = 0
    turns.start(Connection(turns), *range(AT_ONCE))

    assert turns.begun == [0, 1]
    run(turns, 2)
    turns.start(Connection(turns, b"/healthz"), 1000)
    assert [*turns] == [3]
    assert turns.begun == [0, 1, 1000]


def test_who_waits_for_others_to_end_is_refused_in_time_too(turns: Turns) -> None:
    connection = Connection(turns)
    run(turns, USUAL)
    turns.start(connection, 1)
    list(turns)
    turns.shedder.late_s = -1.0
    turns.shedder.tick(0.2, 0.2)
    run(turns, USUAL)

    tick(turns)
    list(turns)

    assert (connection.refused, turns.begun) == ([1], [])


def test_what_is_told_of_a_tick_keeps_nobody_waiting_though_it_fails(turns: Turns) -> None:
    def fail(*_: float) -> None:
        raise ValueError("it fails")

    turns.start(Connection(turns), *range(AT_ONCE + 1))
    turns.shedder.look = fail  # type: ignore[method-assign]
    with pytest.raises(ValueError, match="it fails"):
        list(turns)
    turns.shedder.look = lambda _after_s=0.0: None  # type: ignore[method-assign]

    assert [*turns] == [AT_ONCE + 1]


def test_the_limit_has_an_end(turns: Turns) -> None:
    turns.start(Connection(turns), *range(AT_ONCE + 1))
    for _ in range(3000):
        run(turns, turns.queue._limit.value - turns.queue._limit.busy)
        tick(turns)

    assert turns.queue._limit.value == MOST


def test_requests_count_from_when_they_begin(turns: Turns) -> None:
    turns.shedder.at_once = 2 * USUAL
    turns.start(Connection(turns), *range(USUAL + 1))

    assert len(turns.begun) == USUAL
    assert turns.queue.waiting() == 1
