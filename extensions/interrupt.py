"""Ctrl-C leaves no half-made project behind. Nothing about its content lives here.

Copier removes the destination it made after an `Exception`, but `KeyboardInterrupt` is none.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType

from copier import Phase
from copier.errors import UserMessageError
from jinja2 import Environment
from jinja2.ext import Extension


class Interrupt(Extension):
    """Lets Ctrl-C end the writing of files with an error that Copier cleans up after."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        in_main_thread = threading.current_thread() is threading.main_thread()
        # A program that calls Copier and handles SIGINT itself keeps its own handler.
        if in_main_thread and signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, _stop)


def _stop(signum: int, frame: FrameType | None) -> None:
    if Phase.current() in (Phase.RENDER, Phase.TASKS):
        raise UserMessageError("Stopped by Ctrl-C: the unfinished project was removed.")
    signal.default_int_handler(signum, frame)
