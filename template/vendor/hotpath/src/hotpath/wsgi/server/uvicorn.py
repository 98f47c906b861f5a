"""uvicorn: event loop uvloop, parser httptools, a pool of threads in each worker process.

`Application` takes part as an ASGI application of the lifespan protocol; requests never reach it,
since `ThreadedProtocol` passes them to threads.
"""

from hotpath.server import uvicorn
from hotpath.settings import ServiceSettings
from hotpath.wsgi.server.uvicorn_protocol import ThreadedProtocol


def serve(settings: ServiceSettings, *, reload: bool) -> None:
    """Serve until SIGTERM or Ctrl-C; requests in progress finish first."""
    uvicorn.serve(settings, ThreadedProtocol, reload=reload, interface="asgi3")
