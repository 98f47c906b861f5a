"""`python -m <package>` is the command line."""

from .cli import app

app()
