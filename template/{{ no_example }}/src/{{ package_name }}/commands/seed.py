"""`seed` would fill the tables of your features; the empty service has none."""

import typer

app = typer.Typer()
