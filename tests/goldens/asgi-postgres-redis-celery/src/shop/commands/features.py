"""The commands of the features. Add yours here."""

from . import seed, users

COMMANDS = (seed.app, users.app)
"""Every feature's commands, alone or as a group with a name."""
