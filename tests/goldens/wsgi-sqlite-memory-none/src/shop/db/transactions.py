"""How a session does without a transaction: one call for a statement instead of three."""

from .settings import DatabaseSettings


def without_transaction(settings: DatabaseSettings) -> dict[str, object]:
    """Return the execution options of such a session, heeded in `pragmas.py`."""
    return {"is_without_transaction": True}
