"""The threads that answer requests."""

import os
import sys
from collections.abc import Callable
from concurrent.futures import Future
from threading import Barrier
from typing import Any, cast

import pytest

from shop.server.threads import Threads

SOON_S = 20.0


class Loop:
    """Does at once what an event loop does soon."""

    def call_soon(self, call: Callable[[Any], None], given: object) -> None:
        call(given)


def test_work_that_waits_does_not_hold_up_other_work() -> None:
    all_at_once = Barrier(3)
    with Threads(3, cast(Any, Loop())) as threads:
        waits = [started(threads, lambda: all_at_once.wait(SOON_S)) for _ in range(3)]

        assert sorted(wait.result(SOON_S) for wait in waits) == [0, 1, 2]


@pytest.mark.skipif(sys.platform != "linux", reason="the system has no such threads")
def test_a_thread_that_is_woken_does_not_interrupt_the_one_that_runs() -> None:
    with Threads(1, cast(Any, Loop())) as threads:
        policy = started(threads, lambda: os.sched_getscheduler(0))

        assert policy.result(SOON_S) == os.SCHED_BATCH


def started(threads: Threads, work: Callable[[], int]) -> Future[int]:
    """Have `work` done; return what it will have returned."""
    done: Future[int] = Future()
    threads.start(lambda: done.set_result(work()))
    return done
