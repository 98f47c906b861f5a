"""Names of keys and tags as a database can keep them, and patterns of them."""

import re

ESCAPE = "\\"
MAX_LENGTH = 2500
"""Characters of a name that is kept; an index of PostgreSQL takes 2,704 bytes."""


def name_of(key: str) -> str:
    """Return a name that any database takes, without NUL and halves of characters; no two alike."""
    return key.encode("unicode_escape").decode()


def like_of(pattern: str) -> str:
    """Return what LIKE is given to find the names of the keys that match, and few others."""
    escaped = re.sub(r"([\\%_])", r"\\\1", name_of(pattern))
    return escaped.replace("*", "%")


def matches(pattern: str, name: str) -> bool:
    """Tell whether a name matches: SQLite's LIKE does not know small from capital letters."""
    parts = map(re.escape, name_of(pattern).split("*"))
    return re.fullmatch(".*".join(parts), name, re.DOTALL) is not None
