"""What the engine uses of granian that it does not promise is still there."""

import inspect

from granian.log import LOGGING_CONFIG
from granian.server.common import AbstractServer

WHERE = "see asgi/server/granian.py"


def test_granian_logs_by_the_names_that_are_configured() -> None:
    assert "_granian" in LOGGING_CONFIG["loggers"], f"granian's loggers have other names: {WHERE}"


def test_granian_calls_hooks_after_its_own_handlers() -> None:
    startup = inspect.getsource(AbstractServer.startup)

    handlers, hooks = startup.find("set_main_signals"), startup.find("hooks_startup")
    assert 0 < handlers < hooks, f"granian no longer sets its handlers before the hooks: {WHERE}"
