"""The command line: the engine's commands, and your own."""

from hotpath import cli

COMMANDS = ("commands",)
"""Modules with commands of yours: each has a `typer.Typer` named `app`."""


def main() -> None:
    """Run the command that the command line names."""
    cli.run(__package__, COMMANDS)
