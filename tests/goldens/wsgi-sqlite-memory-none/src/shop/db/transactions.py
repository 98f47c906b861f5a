"""How a session does without a transaction: one call for a statement instead of three."""

from .settings import DatabaseSettings


def without_transaction(settings: DatabaseSettings) -> dict[str, object]:
    """Return the execution options of such a session, heeded in `pragmas.py`."""
    return {"is_without_transaction": True}


def held_connections(settings: DatabaseSettings) -> int:
    """Return how many connections to hold for statements in transactions of their own."""
    return settings.held_connections
