"""How a session does without a transaction: one round trip for a statement instead of three."""

from .settings import DatabaseSettings


def without_transaction(settings: DatabaseSettings) -> dict[str, object]:
    """Return the execution options of such a session.

    psycopg would also forget its prepared statements with every ROLLBACK. Behind PgBouncer there
    has to be a transaction: only within one does a statement keep its timeout.
    """
    return {} if settings.pgbouncer else {"isolation_level": "AUTOCOMMIT"}
