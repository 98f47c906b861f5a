"""How routes of tests wait, and have another thread work."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

_threads = ThreadPoolExecutor(1)


def wait(seconds: float) -> None:
    """Let others run for so long."""
    time.sleep(seconds)


def aside(function: Callable[..., Any], *arguments: Any) -> Any:
    """Return what a function returns in a thread that handles no requests."""
    return _threads.submit(function, *arguments).result()
