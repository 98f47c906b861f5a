"""uvicorn: event loop uvloop, parser httptools, one process per worker."""

from hotpath.asgi.server.uvicorn_protocol import HotProtocol
from hotpath.server import uvicorn
from hotpath.settings import ServiceSettings


def serve(settings: ServiceSettings, *, reload: bool) -> None:
    """Serve until SIGTERM or Ctrl-C; requests in progress finish first."""
    uvicorn.serve(settings, HotProtocol, reload=reload)
