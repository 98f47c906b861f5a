"""What a table is told for the sake of this database."""

from collections.abc import Mapping

IDS_ONCE: Mapping[str, bool] = {"sqlite_autoincrement": True}
"""For `__table_args__`: an id is never given twice, not even the last one."""
