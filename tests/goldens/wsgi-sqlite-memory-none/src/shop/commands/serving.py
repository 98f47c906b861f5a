"""What `serve` does, apart from its options: without the library of commands."""

import socket

from ..observability.shared import shared_metrics
from .given import given_settings, sentence_for


def serve(
    host: str | None = None,
    port: int | None = None,
    workers: int | None = None,
    *,
    reload: bool = False,
) -> None:
    """Serve HTTP until SIGTERM or Ctrl-C; what is given wins over settings."""
    settings = given_settings()
    options = {"host": host, "port": port, "workers": workers}
    changes = {name: value for name, value in options.items() if value is not None}
    server = settings.server.model_copy(update=changes)
    # Said here, alike in every stack and at once: a web server may try for seconds.
    with sentence_for(OSError):
        family = socket.AF_INET6 if ":" in server.host else socket.AF_INET
        socket.create_server((server.host, server.port), family=family).close()
    with shared_metrics():
        # Imported here: the metrics library looks for the shared folder when it is imported.
        from ..server.run import run_server

        run_server(settings.model_copy(update={"server": server}), reload=reload)
