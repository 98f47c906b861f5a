"""granian for WSGI: HTTP in threads of Rust, a pool of threads for the application."""

import signal
from collections.abc import Callable
from contextlib import ExitStack
from functools import partial
from multiprocessing.util import Finalize
from typing import Any

from granian import Granian
from granian.constants import Interfaces

from ..app import create_app
from ..observability.logs import configure_logs
from ..observability.metrics import Metrics
from ..resources import open_resources
from ..settings import Settings
from ..signals import DRAIN
from .workers import common_options, held_address, serve_workers

_LAST = 100


def serve(settings: Settings, *, reload: bool) -> None:
    """Serve until SIGTERM or Ctrl-C; requests in flight finish first."""
    with held_address(settings.server) as (host, port):
        granian = Granian(
            create_app.__module__,
            address=host,
            port=port,
            interface=Interfaces.WSGI,
            blocking_threads=settings.server.threads,
            reload=reload,
            **common_options(settings.server),
        )
        load = partial(_load, settings)
        start = partial(granian.serve, target_loader=load, wrap_loader=False)
        serve_workers(granian, settings.server.drain_s, start)


def _load(settings: Settings) -> Callable[..., Any]:
    """Make the application of a worker, in its process; its resources close at its end."""
    configure_logs(settings.observability, is_json=settings.environment == "production")
    stack = ExitStack()
    resources = stack.enter_context(open_resources(settings, Metrics()))
    Finalize(None, stack.close, exitpriority=_LAST)
    signal.signal(DRAIN, lambda *_: resources.draining.start())
    return create_app(resources)
