"""The threads that answer requests."""

import os
import sys
from collections.abc import Callable
from concurrent.futures import Future
from threading import Barrier, Event
from typing import Any, cast

import pytest
from hotpath.server.shedding import LEAST, TICK_S, Shedder
from hotpath.testing.servers import wait_until
from hotpath.wsgi.server.threads import Threads

SOON_S = 20.0
TICKS = 40
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


def ticks(shedder: Shedder, used: float, late_s: float = 0.0) -> None:
    assert shedder.on_tick is not None
    for _ in range(TICKS):
        shedder.on_tick(TICK_S + late_s, used)


def test_so_many_threads_are_busy_as_may_be() -> None:
    may_end = Event()
    with Threads(4 * LEAST, cast(Any, Loop())) as threads:
        shedder = limited(threads)
        work = [started(threads, lambda: may_end.wait(SOON_S)) for _ in range(4 * LEAST)]

        assert wait_until(lambda: threads.backlog() == (4 * LEAST, LEAST, LEAST, 3 * LEAST), SOON_S)
        ticks(shedder, used=0.1)
        assert wait_until(lambda: threads.backlog()[2] == 4 * LEAST, SOON_S)

        may_end.set()
        assert all(each.result(SOON_S) for each in work)


def test_what_waits_is_done_by_those_that_are_busy() -> None:
    with Threads(4 * LEAST, cast(Any, Loop())) as threads:
        ticks(limited(threads), used=1.0, late_s=0.1)
        assert threads.limit == 2
        work = [started(threads, lambda: threads.backlog().busy) for _ in range(100)]

        assert max(each.result(SOON_S) for each in work) <= 2


def test_a_health_check_waits_for_nobody() -> None:
    may_end = Event()
    with Threads(2 * LEAST, cast(Any, Loop())) as threads:
        limited(threads)
        work = [started(threads, lambda: may_end.wait(SOON_S)) for _ in range(2 * LEAST)]
        assert wait_until(lambda: threads.backlog().busy == LEAST, SOON_S)

        assert started(threads, lambda: 1, b"/healthz?x=1").result(SOON_S) == 1
        assert threads.backlog().waiting == LEAST

        may_end.set()
        assert all(each.result(SOON_S) for each in work)
