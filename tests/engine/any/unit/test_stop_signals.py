"""In which order signals reach a worker process: a process manager sends SIGTERM to all of them."""

import signal

import pytest
import uvicorn
from hotpath.server import uvicorn as own
from hotpath.server.signals import DRAIN, SAME_STOP_S, STOP
from hotpath.server.supervisor import Heartbeat
from hotpath.server.uvicorn import Server
from hotpath.settings import ServerSettings, WsgiServerSettings

SETTINGS: ServerSettings = WsgiServerSettings(drain_s=0)


@pytest.fixture
def now(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    time = [100.0]
    monkeypatch.setattr(own, "monotonic", lambda: time[0])
    return time


@pytest.fixture
def worker() -> Server:
    config = uvicorn.Config("app", log_config=None)
    return Server(config, SETTINGS, is_alone=False, heartbeat=Heartbeat())


def test_sigterm_after_the_word_of_the_parent_is_the_same_stop(
    worker: Server, now: list[float]
) -> None:
    worker.handle_exit(STOP, None)
    now[0] += SAME_STOP_S / 2
    worker.handle_exit(signal.SIGTERM, None)

    assert worker.should_exit
    assert not worker.force_exit


@pytest.mark.parametrize("second", [STOP, signal.SIGTERM])
def test_a_second_signal_stops_at_once(
    worker: Server, now: list[float], second: signal.Signals
) -> None:
    worker.handle_exit(DRAIN, None)
    worker.handle_exit(STOP, None)
    now[0] += 2 * SAME_STOP_S
    worker.handle_exit(second, None)

    assert worker.force_exit


def test_sigterm_before_the_word_of_the_parent_waits_for_it(worker: Server) -> None:
    worker.handle_exit(signal.SIGTERM, None)
    assert not worker.should_exit

    worker.handle_exit(STOP, None)
    assert worker.should_exit
    assert not worker.force_exit
