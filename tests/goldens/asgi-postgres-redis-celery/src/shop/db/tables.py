"""What a table is told for the sake of this database."""

from collections.abc import Mapping

IDS_ONCE: Mapping[str, bool] = {}
"""For `__table_args__`: an id is never given twice. Its sequences do not go back."""
