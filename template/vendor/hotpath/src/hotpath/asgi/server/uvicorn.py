"""uvicorn: event loop uvloop, parser httptools, one process per worker."""

import signal
import sys

import uvicorn

from hotpath.asgi.server.protocol import HotProtocol
from hotpath.settings import Settings

_APP = f"{__package__.partition('.')[0]}.app:create_app"


def serve(settings: Settings, *, reload: bool) -> None:
    """Serve until SIGTERM or Ctrl-C; requests in flight finish first."""
    # uvicorn repeats the signal once it has stopped: that is then a clean end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = settings.server
    uvicorn.run(
        _APP,
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
