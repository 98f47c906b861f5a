"""`serve`: its options; `serving.py` does the work."""

from typing import Annotated

import typer

from hotpath.cli import serving

app = typer.Typer()


@app.command()
def serve(  # noqa: PLR0913, PLR0917 - options of a command
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="TCP port; 0 takes a free one.")
    ] = None,
    uds: Annotated[
        str | None, typer.Option(help="Path of a Unix socket, instead of host and port.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes.")] = None,
    reload: Annotated[bool, typer.Option(help="Restart when the code changes.")] = False,
) -> None:
    """Serve HTTP until SIGTERM or Ctrl-C; options win over settings."""
    if uds and (host, port) != (None, None):
        raise typer.BadParameter("give --uds, or --host and --port")
    options = {"host": host, "port": port, "uds": uds, "workers": workers}
    serving.serve(context.obj, options, reload=reload)
