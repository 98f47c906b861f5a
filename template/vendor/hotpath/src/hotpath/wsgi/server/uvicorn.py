"""uvicorn: event loop uvloop, parser httptools, a pool of threads in each worker process.

`Application` takes part as an ASGI application of the lifespan protocol; requests never reach it,
since `ThreadedProtocol` passes them to threads.
"""

import signal
import sys

import uvicorn

from hotpath.settings import ServiceSettings
from hotpath.wsgi.server.uvicorn_protocol import ThreadedProtocol


def serve(settings: ServiceSettings, *, reload: bool) -> None:
    """Serve until SIGTERM or Ctrl-C; requests in progress finish first."""
    # uvicorn raises the signal again once it has stopped: that is a clean end then.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = settings.server
    uvicorn.run(
        f"{settings.service.package}.app:create_app",
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
