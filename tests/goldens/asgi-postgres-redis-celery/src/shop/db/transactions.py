"""How a session does without a transaction: one round trip for a statement instead of three."""

from .settings import DatabaseSettings


def without_transaction(settings: DatabaseSettings) -> dict[str, object]:
    """Return the execution options of such a session.

    psycopg would also forget its prepared statements with every ROLLBACK. Behind PgBouncer there
    has to be a transaction: only within one does a statement keep its timeout.
    """
    return {} if settings.pgbouncer else {"isolation_level": "AUTOCOMMIT"}


def held_connections(settings: DatabaseSettings) -> int:
    """Return how many connections to hold for statements in transactions of their own.

    None behind PgBouncer: whoever holds a connection there holds nothing.
    """
    return 0 if settings.pgbouncer else settings.held_connections
