"""Which values may be read: those that this version of the service wrote."""

from importlib.metadata import version

from .envelope import FORMAT

SERVICE = __package__.partition(".")[0]
VERSION = f"{FORMAT}.{version(SERVICE)}"
"""Of the layout and of the service: what another version loads may mean another thing."""
