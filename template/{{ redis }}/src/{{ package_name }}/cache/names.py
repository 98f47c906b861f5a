"""Names of keys in Redis: `<service>:<kind>:<version>:<key>`.

Versions of the service do not read each other's values: what they load may mean different things.
"""

from importlib.metadata import version

from .envelope import FORMAT

_SERVICE = __package__.partition(".")[0]
VERSION = f"{FORMAT}.{version(_SERVICE)}"
"""Of the envelope's layout and of the service."""


def value_name(key: str) -> str:
    """Return where the value of a key is."""
    return f"{_SERVICE}:value:{VERSION}:{key}"


def lease_name(key: str) -> str:
    """Return where the lease of a key is."""
    return f"{_SERVICE}:lease:{VERSION}:{key}"


def tag_name(tag: str) -> str:
    """Return where the stamp of a tag is."""
    return f"{_SERVICE}:tag:{VERSION}:{tag}"


def glob_of(pattern: str) -> str:
    """Return what SCAN is given to find the values and leases of the keys that match."""
    escaped = "".join(f"\\{each}" if each in r"\?[]^-" else each for each in pattern)
    return f"{_SERVICE}:[vl]*e:{VERSION}:{escaped}"


def channel_name(database: int) -> str:
    """Return where changes are told; the same for all versions, but not for all databases."""
    return f"{_SERVICE}:changes:{database}"
