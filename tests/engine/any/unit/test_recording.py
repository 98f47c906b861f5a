"""What a recording says of a thread."""

from _thread import start_new_thread
from collections import deque
from operator import call
from threading import Event
from time import thread_time

import pytest
from hotpath.profiling.profile import OTHERS, Clock
from hotpath.profiling.recording import Recording


def burn() -> None:
    """Compute."""
    end = thread_time() + 0.01
    while thread_time() < end:
        pass


@pytest.mark.parametrize("clock", ["cpu", "wall"])
def test_functions_that_no_other_function_has_called_are_seen(clock: Clock) -> None:
    recording = Recording(clock, None, 1e-9)
    over = Event()

    def stop() -> None:
        recording.stop()
        over.set()

    functions = [recording.start, burn, burn, stop]
    start_new_thread(deque, (map(call, functions), 0))
    assert over.wait(10)

    seconds_by_stack, _ = recording.seconds_by_stack()

    assert {stack[0].name for stack in seconds_by_stack} >= {"burn"}
    assert {stack[0] for stack in seconds_by_stack if not stack[0].file} <= {OTHERS}
