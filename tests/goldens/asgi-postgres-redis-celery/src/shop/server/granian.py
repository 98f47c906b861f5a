"""granian for ASGI: HTTP in threads of Rust, the application on uvloop."""

from importlib import import_module

from granian import Granian
from granian.constants import Interfaces, Loops

from ..settings import Settings
from .workers import common_options, held_address, serve_workers

_MODULE = f"{__package__.partition('.')[0]}.app"


def serve(settings: Settings, *, reload: bool) -> None:
    """Serve until SIGTERM or Ctrl-C; requests in flight finish first."""
    if not reload:  # workers are forked: they share what is imported before
        import_module(_MODULE)
    with held_address(settings.server) as (host, port):
        granian = Granian(
            f"{_MODULE}:create_app",
            factory=True,
            address=host,
            port=port,
            interface=Interfaces.ASGI,
            loop=Loops.uvloop,
            reload=reload,
            **common_options(settings.server),
        )
        serve_workers(granian, settings.server.drain_s, granian.serve)
