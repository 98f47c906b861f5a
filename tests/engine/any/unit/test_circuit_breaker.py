"""The circuit breaker of a dependency, on a clock of the tests' own."""

from hotpath.http_client.breaker import CircuitBreaker

FAILURES, OPEN_S = 3, 5.0


class Clock:
    """A clock that stands still."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def broken(clock: Clock) -> CircuitBreaker:
    """Return a breaker that has just opened."""
    breaker = CircuitBreaker("other", FAILURES, OPEN_S, clock)
    for _ in range(FAILURES):
        breaker.failed("reset")
    return breaker


def test_it_opens_after_failures_in_a_row_only() -> None:
    breaker = CircuitBreaker("other", FAILURES, OPEN_S, Clock())
    for _ in range(5):
        breaker.failed("reset")
        breaker.failed("reset")
        breaker.succeeded()

    assert (breaker.is_open, breaker.refuses_for_s()) == (False, 0.0)
    assert broken(Clock()).is_open


def test_open_it_refuses_for_a_while() -> None:
    clock = Clock()
    breaker = broken(clock)
    clock.now_s += 2

    assert breaker.refuses_for_s() == OPEN_S - 2


def test_after_that_one_call_tries() -> None:
    clock = Clock()
    breaker = broken(clock)
    clock.now_s += OPEN_S

    assert [breaker.refuses_for_s() for _ in range(3)] == [0.0, OPEN_S, OPEN_S]


def test_one_that_works_closes_it() -> None:
    clock = Clock()
    breaker = broken(clock)
    clock.now_s += OPEN_S
    breaker.refuses_for_s()
    breaker.succeeded()

    assert [breaker.refuses_for_s() for _ in range(3)] == [0.0, 0.0, 0.0]
    breaker.failed("reset")
    assert not breaker.is_open


def test_one_that_fails_keeps_it_open() -> None:
    clock = Clock()
    breaker = broken(clock)
    clock.now_s += OPEN_S
    breaker.refuses_for_s()
    clock.now_s += 1
    breaker.failed("reset")

    assert breaker.refuses_for_s() == OPEN_S


def test_one_that_never_tells_is_followed_by_another() -> None:
    clock = Clock()
    breaker = broken(clock)
    clock.now_s += OPEN_S
    breaker.refuses_for_s()
    clock.now_s += OPEN_S

    assert breaker.refuses_for_s() == 0.0
