"""The threads that answer requests."""

import os
import sys
from collections.abc import Callable
from concurrent.futures import Future
from threading import Barrier, Event
from typing import Any, cast

import pytest
from hotpath.wsgi.server.threads import Threads

SOON_S = 20.0
MANY = 8


class Loop:
    """Does at once what an event loop does soon."""

    def call_soon(self, call: Callable[[Any], None], given: object) -> None:
        call(given)


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

        assert threads.backlog() == (2, 2, 3)
        may_end.set()
        for each in waits:
            each.result(SOON_S)
    assert threads.backlog() == (2, 0, 0)


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


def started(threads: Threads, work: Callable[[], int]) -> Future[int]:
    """Have `work` done; return what it will have returned."""
    done: Future[int] = Future()
    threads.start(lambda: done.set_result(work()))
    return done
