"""Types of columns that only SQLite has."""

from typing import Any

from sqlalchemy.dialects import sqlite

OWN_KINDS: dict[str, tuple[Any, ...]] = {
    "sqlite datetime": (sqlite.DATETIME(),),
    "sqlite json": (sqlite.JSON(),),
    "real": (sqlite.REAL(), ("0.5",)),
    "blob": (sqlite.BLOB(),),
    "decimal": (sqlite.DECIMAL(8, 3), ("0",), ("{} > 0",)),
}
