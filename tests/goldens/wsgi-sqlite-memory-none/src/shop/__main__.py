"""Runs the command line by `python -m`."""

from .cli import main

main()
