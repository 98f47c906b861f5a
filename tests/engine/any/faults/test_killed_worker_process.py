"""Worker processes that are killed: others take their place, their requests are forgotten."""

import os
import signal

from hotpath.testing.servers import Pair, in_flight
from hotpath_services.process import wait_until

from ..users import unfinished_request

FLUSH_WITHIN_S = 10.0
REPLACED_WITHIN_S = 20.0


def test_the_requests_of_a_killed_process_are_not_in_flight(pair: Pair) -> None:
    port = pair.server.port
    with unfinished_request(port):
        assert wait_until(lambda: in_flight(port) == 1, FLUSH_WITHIN_S)

        for pid in pair.pids():
            os.kill(pid, signal.SIGKILL)

        assert wait_until(lambda: in_flight(port) == 0, REPLACED_WITHIN_S)
