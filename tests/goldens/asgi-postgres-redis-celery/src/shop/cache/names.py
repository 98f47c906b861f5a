"""Names of keys in Redis: `<service>:<kind>:<version>:<key>`.

Versions of the service do not read each other's values: what they load may mean different things.
"""

from .version import SERVICE, VERSION


def value_name(key: str) -> str:
    """Return where the value of a key is."""
    return f"{SERVICE}:value:{VERSION}:{key}"


def lease_name(key: str) -> str:
    """Return where the lease of a key is."""
    return f"{SERVICE}:lease:{VERSION}:{key}"


def tag_name(tag: str) -> str:
    """Return where the stamp of a tag is."""
    return f"{SERVICE}:tag:{VERSION}:{tag}"


def glob_of(pattern: str) -> str:
    """Return what SCAN is given to find the values and leases of the keys that match."""
    escaped = "".join(f"\\{each}" if each in r"\?[]^-" else each for each in pattern)
    return f"{SERVICE}:[vl]*e:{VERSION}:{escaped}"


def channel_name(database: int) -> str:
    """Return where changes are told; the same for all versions, but not for all databases."""
    return f"{SERVICE}:changes:{database}"
