"""The commands of the features. Add yours here."""

import typer

COMMANDS: tuple[typer.Typer, ...] = ()
"""Every feature's commands, alone or as a group with a name."""
