"""`serve`: its options; `serving.py` does the work."""

from typing import Annotated

import typer

from hotpath.cli import serving

app = typer.Typer()


@app.command()
def serve(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65_535, help="TCP port; 0 takes a free one.")
    ] = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Worker processes.")] = None,
    reload: Annotated[bool, typer.Option(help="Restart when the code changes.")] = False,
) -> None:
    """Serve HTTP until SIGTERM or Ctrl-C; options win over settings."""
    serving.serve(context.obj, host, port, workers, reload=reload)
