"""Rows of a request that are refused together."""

from collections.abc import Mapping


class RowsRefused(ValueError):
    """Rows are at fault, and nothing was written; features name the reasons by subclasses."""

    def __init__(self, message: str, faults: Mapping[str, str]) -> None:
        """Take the reason as a whole, and by field, such as `3.email`, that of each row."""
        super().__init__(message)
        self.faults = faults
