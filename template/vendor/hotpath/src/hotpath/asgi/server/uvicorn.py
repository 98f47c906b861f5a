"""uvicorn: event loop uvloop, parser httptools, one process per worker."""

import signal
import sys

import uvicorn

from hotpath.asgi.server.uvicorn_protocol import HotProtocol
from hotpath.settings import ServiceSettings


def serve(settings: ServiceSettings, *, reload: bool) -> None:
    """Serve until SIGTERM or Ctrl-C; requests in progress finish first."""
    # uvicorn raises the signal again once it has stopped: that is a clean end then.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = settings.server
    uvicorn.run(
        f"{settings.service.package}.app:create_app",
        factory=True,
        host=server.host,
        port=server.port,
        workers=server.workers,
        reload=reload,
        loop="uvloop",
        http=HotProtocol,
        lifespan="on",
        access_log=False,
        proxy_headers=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=server.keep_alive_s,
        timeout_graceful_shutdown=server.shutdown_s,
    )
