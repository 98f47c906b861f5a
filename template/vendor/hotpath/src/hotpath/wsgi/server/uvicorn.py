"""uvicorn: event loop uvloop, parser httptools, a pool of threads in each worker process."""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from hotpath.blocking.resources import open_resources
from hotpath.observability.logs import configure_logs
from hotpath.observability.metrics import Metrics
from hotpath.server.signals import drain_on_sigterm
from hotpath.settings import Settings, read_settings
from hotpath.wsgi.app import create_app
from hotpath.wsgi.server.protocol import ThreadedProtocol
from hotpath.wsgi.server.threads import ANSWERING, Answering, Outbox, Threads


def serve(settings: Settings, *, reload: bool) -> None:
    """Serve until SIGTERM or Ctrl-C; requests in flight finish first."""
    # uvicorn repeats the signal once it has stopped: that is then a clean end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = settings.server
    uvicorn.run(
        f"{__name__}:create_process",
        factory=True,
        interface="asgi3",
        host=server.host,
        port=server.port,
        workers=server.workers,
        reload=reload,
        loop="uvloop",
        http=ThreadedProtocol,
        ws="none",
        lifespan="on",
        proxy_headers=False,
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=server.keep_alive_s,
        timeout_graceful_shutdown=server.shutdown_s,
    )


def create_process() -> "Process":
    """Return what a worker process opens before it serves."""
    settings = read_settings()
    configure_logs(settings.observability, is_json=settings.environment == "production")
    return Process(settings)


class Process:
    """What a worker process has open; to uvicorn, an application whose requests go elsewhere."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    async def __call__(
        self,
        scope: dict[str, Any],
        receive: Callable[[], Awaitable[object]],
        send: Callable[[dict[str, str]], Awaitable[None]],
    ) -> None:
        """Open everything, leave what answers to the protocol, close it at the end.

        That blocks the loop, while nobody is served yet or any more.
        """
        await receive()
        server = self._settings.server
        loop = asyncio.get_running_loop()
        outbox = Outbox(loop)
        with (
            open_resources(self._settings, Metrics()) as resources,
            Threads(server.threads, loop) as threads,
            drain_on_sigterm(resources.draining.start, server.drain_s),
        ):
            app = create_app(resources)
            scope["state"][ANSWERING] = Answering(app, threads, outbox, server)
            await send({"type": "lifespan.startup.complete"})
            await receive()
        outbox.close()
        await send({"type": "lifespan.shutdown.complete"})
