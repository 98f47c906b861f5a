"""What `serve` does, without typer, which takes 70 ms and 7 MB that a service would keep."""

import socket
from importlib import import_module

from hotpath.cli.errors import exit_on, load_settings
from hotpath.observability.multiprocess import shared_metrics
from hotpath.service import Service


def serve(
    service: Service,
    host: str | None = None,
    port: int | None = None,
    workers: int | None = None,
    *,
    reload: bool = False,
) -> None:
    """Serve HTTP until SIGTERM or Ctrl-C; arguments win over settings."""
    settings = load_settings(service)
    options = {"host": host, "port": port, "workers": workers}
    changes = {name: value for name, value in options.items() if value is not None}
    server = settings.server.model_copy(update=changes)
    # Tried here, alike in every stack and at once: a web server may try for seconds.
    with exit_on(OSError):
        family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
        socket.create_server((server.host, server.port), family=family).close()
    with shared_metrics():
        # Imported here: prometheus_client looks for the shared folder when it is imported.
        run_server = import_module(f"{service.interface}.server").run_server
        run_server(settings.model_copy(update={"server": server}), reload=reload)
