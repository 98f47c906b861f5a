"""Tasks run in the server's own processes, so there is no worker to start."""

import typer

app = typer.Typer()
