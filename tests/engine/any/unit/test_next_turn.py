"""What many clients send at once begins in several turns of the event loop, in its order."""

from collections.abc import Callable, Iterator
from typing import Any, cast

import pytest
from hotpath.server.next_turn import NextTurn
from hotpath.server.shedding import TICK_S, Shedder

AT_ONCE = 8
FAILS = b"x"


class Connection:
    """A connection, each of whose pieces is a request."""

    is_kept = False

    def __init__(self, number: int, turns: "Turns") -> None:
        self.number = number
        self._turns = turns
        self.transport = self
        self.is_gone = self.is_closed = False

    def data_received(self, data: bytes) -> None:
        """Begin a request, now or in the next turn.

        Raises:
            ValueError: for `FAILS`.
        """
        if not self._turns.next_turn.keeps(cast(Any, self), data):
            self._turns.shedder.begun += 1
            self._turns.begun.append((self.number, data))
            if data == FAILS:
                raise ValueError

    def eof_received(self) -> bool:
        """End it, now or in the next turn."""
        return self._turns.next_turn.keeps(cast(Any, self), b"")

    def is_closing(self) -> bool:
        """Tell whether the client has gone."""
        return self.is_gone

    def close(self) -> None:
        """Close it."""
        self.is_closed = True

    abort = close


class Turns:
    """An event loop, turn by turn."""

    def __init__(self) -> None:
        self.begun: list[tuple[int, bytes]] = []
        self.shedder = Shedder(1.0, lambda: 0, None, lambda: None)
        self.next_turn = NextTurn(cast(Any, self), self.shedder)
        self.failures: list[dict[str, Any]] = []
        self._soon: list[Callable[[], None]] = []

    def call_soon(self, call: Callable[[], None]) -> None:
        """Call in the next turn."""
        self._soon.append(call)

    def call_exception_handler(self, failure: dict[str, Any]) -> None:
        """Note what a connection raised."""
        self.failures.append(failure)

    def __iter__(self) -> Iterator[int]:
        """Run turns until nothing is left; yield how many requests have begun after each."""
        while self._soon:
            calls, self._soon = self._soon, []
            for call in calls:
                call()
            yield len(self.begun)


@pytest.fixture
def turns() -> Turns:
    return Turns()


def crowd(turns: Turns, count: int) -> list[Connection]:
    connections = [Connection(number, turns) for number in range(count)]
    for each in connections:
        each.data_received(b"a")
    return connections


def test_so_many_requests_begin_in_a_turn_in_their_order(turns: Turns) -> None:
    crowd(turns, 3 * AT_ONCE + 1)

    assert len(turns.begun) == AT_ONCE
    assert [*turns] == [2 * AT_ONCE, 3 * AT_ONCE, 3 * AT_ONCE + 1]
    assert [number for number, _ in turns.begun] == [*range(3 * AT_ONCE + 1)]


def test_what_comes_later_follows_what_is_kept_also_after_a_tick(turns: Turns) -> None:
    last = crowd(turns, AT_ONCE + 1)[-1]
    assert last.is_kept
    turns.shedder.tick(TICK_S, 0.0)
    last.data_received(b"b")

    assert [*turns] == [AT_ONCE + 2]
    assert turns.begun[-2:] == [(AT_ONCE, b"a"), (AT_ONCE, b"b")]
    assert not last.is_kept


def test_the_end_follows_what_was_sent_before(turns: Turns) -> None:
    last = crowd(turns, AT_ONCE + 1)[-1]

    assert last.eof_received()
    assert not last.is_closed
    assert [*turns] == [AT_ONCE + 1]
    assert last.is_closed


def test_who_has_gone_gets_nothing(turns: Turns) -> None:
    last = crowd(turns, AT_ONCE + 1)[-1]
    last.is_gone = True

    assert [*turns] == [AT_ONCE]


def test_a_connection_that_fails_ends_and_the_others_get_theirs(turns: Turns) -> None:
    crowd(turns, AT_ONCE)
    failing, other = Connection(8, turns), Connection(9, turns)
    failing.data_received(FAILS)
    other.data_received(b"a")

    assert [*turns] == [AT_ONCE + 2]
    assert turns.begun[-1] == (9, b"a")
    assert (failing.is_closed, other.is_closed) == (True, False)
    assert [type(each["exception"]) for each in turns.failures] == [ValueError]


def test_nothing_is_kept_once_it_is_known_what_requests_cost(turns: Turns) -> None:
    turns.shedder.most = 1000
    crowd(turns, 100)

    assert (len(turns.begun), [*turns]) == (100, [])


def test_few_requests_at_a_time_are_never_kept(turns: Turns) -> None:
    for _ in range(10):
        crowd(turns, AT_ONCE)
        turns.shedder.tick(TICK_S, 0.0)

    assert (len(turns.begun), [*turns]) == (10 * AT_ONCE, [])
