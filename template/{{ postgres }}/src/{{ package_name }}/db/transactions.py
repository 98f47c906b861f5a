"""How a session does without a transaction: one round trip for a statement instead of three."""

WITHOUT: dict[str, object] = {"isolation_level": "AUTOCOMMIT"}
"""Execution options. psycopg would also forget its prepared statements with every ROLLBACK."""
