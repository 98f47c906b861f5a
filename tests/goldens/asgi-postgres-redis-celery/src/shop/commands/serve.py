"""`serve`: the HTTP server."""

import socket
from typing import Annotated

import typer

from ..observability.shared import shared_metrics
from .given import given_settings, sentence_for

app = typer.Typer()


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="TCP port; 0 takes a free one.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes.")] = None,
    reload: Annotated[bool, typer.Option(help="Restart when the code changes.")] = False,
) -> None:
    """Serve HTTP until SIGTERM or Ctrl-C; options win over settings."""
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
