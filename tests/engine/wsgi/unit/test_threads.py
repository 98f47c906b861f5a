"""The threads that answer requests."""

import os
import sys
from collections.abc import Callable
from concurrent.futures import Future
from threading import Barrier, Event
from time import sleep
from typing import Any, cast

import pytest
from hotpath.server.shedding import TICK_S, Shedder
from hotpath.testing.servers import wait_until
from hotpath.wsgi.server.threads import Threads

SOON_S = 20.0
TICKS = 40
USUAL = 16
A_FEW = 10
SOME = 2
MANY = 8


class Loop:
    """Does at once what an event loop does soon."""

    def call_soon(self, call: Callable[[Any], None], given: object) -> None:
        call(given)


def started(threads: Threads, work: Callable[[], int], target: bytes = b"") -> Future[int]:
    """Have `work` done; return what it will have returned."""
    done: Future[int] = Future()
    threads.start(lambda: done.set_result(work()), target)
    return done


def test_work_that_waits_does_not_hold_up_other_work() -> None:
    all_at_once = Barrier(3)
    with Threads(3, cast(Any, Loop())) as threads:
        waits = [started(threads, lambda: all_at_once.wait(SOON_S)) for _ in range(3)]

        assert sorted(wait.result(SOON_S) for wait in waits) == [0, 1, 2]


def test_the_backlog_is_busy_threads_and_waiting_work() -> None:
    are_running, may_end = Barrier(3), Event()

    def work() -> None:
        are_running.wait(SOON_S)
        may_end.wait(SOON_S)

    with Threads(2, cast(Any, Loop())) as threads:
        waits = [started(threads, work) for _ in range(2)]
        are_running.wait(SOON_S)
        waits += [started(threads, lambda: None) for _ in range(3)]

        assert threads.backlog() == (2, 2, 2, 3)
        may_end.set()
        for each in waits:
            each.result(SOON_S)
    assert threads.backlog() == (2, 2, 0, 0)


@pytest.mark.skipif(sys.platform != "linux", reason="the system has no such threads")
def test_threads_give_way_to_each_other_only_when_there_are_many() -> None:
    all_at_once = Barrier(MANY)

    def policy() -> int:
        all_at_once.wait(SOON_S)
        return os.sched_getscheduler(0)

    with Threads(MANY, cast(Any, Loop())) as threads:
        many = [started(threads, policy) for _ in range(MANY)]
        found = [each.result(SOON_S) for each in many]
        alone = [
            started(threads, lambda: os.sched_getscheduler(0)).result(SOON_S) for _ in range(MANY)
        ]

    assert os.SCHED_BATCH in found
    assert alone == [os.SCHED_OTHER] * MANY


def limited(threads: Threads) -> Shedder:
    """Have a shedder say how many threads may be busy; `ticks` has it say so."""
    shedder = Shedder(1.0, lambda: 0, threads.waiting, lambda: None)
    threads.follow(shedder)
    return shedder


def is_full(threads: Threads) -> bool:
    """Tell whether as many are busy as may be; some more are where threads meet."""
    return USUAL <= threads.backlog().busy <= USUAL + SOME


def ticks(shedder: Shedder, count: int, *, used: float = 0.1, late_s: float = 0.0) -> None:
    assert shedder.on_tick is not None
    for _ in range(count):
        shedder.on_tick(TICK_S + late_s, used)


def test_so_many_threads_are_busy_as_may_be() -> None:
    may_end = Event()
    with Threads(4 * USUAL, cast(Any, Loop())) as threads:
        shedder = limited(threads)
        work = [started(threads, lambda: may_end.wait(SOON_S)) for _ in range(4 * USUAL)]

        assert wait_until(lambda: is_full(threads), SOON_S)
        assert threads.backlog().limit == USUAL
        assert threads.backlog().waiting >= 3 * USUAL - SOME

        def are_all_busy() -> bool:
            ticks(shedder, 1)
            return threads.backlog().busy == 4 * USUAL

        assert wait_until(are_all_busy, SOON_S)

        may_end.set()
        assert all(each.result(SOON_S) for each in work)


def test_what_waits_is_done_by_those_that_are_busy() -> None:
    may_end, most = Event(), 0

    def work() -> int:
        may_end.wait(SOON_S)
        return threads.backlog().busy

    with Threads(4 * USUAL, cast(Any, Loop())) as threads:
        limited(threads)
        waits = [started(threads, work) for _ in range(4 * USUAL)]
        for _ in range(A_FEW):  # threads that are woken though they may not run would run by then
            assert wait_until(lambda: is_full(threads), SOON_S)
            sleep(0.01)
        may_end.set()
        most = max(each.result(SOON_S) for each in waits)

    assert most <= USUAL + SOME


def test_health_checks_wait_for_nobody_and_not_for_each_other() -> None:
    may_end, is_asked = Event(), Barrier(2)
    with Threads(2 * USUAL, cast(Any, Loop())) as threads:
        limited(threads)
        work = [started(threads, lambda: may_end.wait(SOON_S)) for _ in range(2 * USUAL)]
        assert wait_until(lambda: is_full(threads), SOON_S)

        checks = [
            started(threads, lambda: is_asked.wait(SOON_S), path)
            for path in (b"/healthz?x=1", b"/readyz")
        ]
        assert sorted(each.result(SOON_S) for each in checks) == [0, 1]
        assert threads.backlog().waiting >= USUAL - SOME

        may_end.set()
        assert all(each.result(SOON_S) for each in work)


def test_health_checks_do_not_wait_for_each_other_beside_the_last_place() -> None:
    may_end, is_asked = Event(), Barrier(2)
    with Threads(2 * USUAL, cast(Any, Loop())) as threads:
        limited(threads)
        work = [started(threads, lambda: may_end.wait(SOON_S)) for _ in range(USUAL - 1)]
        assert wait_until(lambda: threads.backlog().busy == USUAL - 1, SOON_S)

        checks = [started(threads, lambda: is_asked.wait(SOON_S), b"/readyz") for _ in range(2)]

        assert sorted(each.result(SOON_S) for each in checks) == [0, 1]
        may_end.set()
        assert all(each.result(SOON_S) for each in work)


@pytest.mark.skipif(sys.platform != "linux", reason="threads have no clocks there")
def test_work_of_other_threads_is_not_taken_for_that_of_requests() -> None:
    with Threads(4 * USUAL, cast(Any, Loop())) as threads:
        shedder, may_end = limited(threads), Event()
        work = [started(threads, lambda: may_end.wait(SOON_S)) for _ in range(USUAL)]
        assert wait_until(lambda: is_full(threads), SOON_S)
        ticks(shedder, TICKS, used=1.0, late_s=0.1)  # says the process, whose threads wait
        assert threads.backlog().limit >= USUAL

        may_end.set()
        assert all(each.result(SOON_S) for each in work)
