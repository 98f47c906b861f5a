"""A profile of the processor's time has it where it was computed, not where the thread waited."""

from sys import _getframe
from time import sleep, thread_time

from hotpath.profiling.recording import INTERVAL_S, Recording

WAITS = 200
BURST_S = 0.0003
"""Computed between two waits: less than the interval of samples."""


def compute() -> None:
    until = thread_time() + BURST_S
    while thread_time() < until:
        pass


def test_time_that_is_computed_between_waits_is_not_that_of_the_waits() -> None:
    recording = Recording("cpu", _getframe(), INTERVAL_S)
    recording.start()
    for _ in range(WAITS):
        compute()
        sleep(2 * INTERVAL_S)
    recording.stop()

    seconds_by_stack, _ = recording.seconds_by_stack()
    computed = sum(
        seconds
        for stack, seconds in seconds_by_stack.items()
        if any(frame.name == "compute" for frame in stack)
    )
    assert computed > 0.6 * sum(seconds_by_stack.values())
