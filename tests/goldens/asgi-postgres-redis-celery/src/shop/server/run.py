"""uvicorn: event loop uvloop, parser httptools, one process per worker."""

import signal
import sys

import uvicorn

from ..concurrency import run
from ..db.capacity import check_pools
from ..observability.logs import configure_logs
from ..settings import Settings

APP = f"{__package__.partition('.')[0]}.app:create_app"


def run_server(settings: Settings, *, reload: bool = False) -> None:
    """Serve until SIGTERM or Ctrl-C; requests in flight finish first."""
    # uvicorn repeats the signal once it has stopped: that is then a clean end.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    server = settings.server
    configure_logs(settings.observability, is_json=settings.environment == "production")
    run(check_pools(settings.db, server.workers))
    uvicorn.run(
        APP,
        factory=True,
        host=server.host,
        port=server.port,
        workers=server.workers,
        reload=reload,
        loop="uvloop",
        http="httptools",
        lifespan="on",
        access_log=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=server.keep_alive_s,
        timeout_graceful_shutdown=server.shutdown_s,
    )
