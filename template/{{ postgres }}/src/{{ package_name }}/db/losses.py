"""Which errors mean that the database is out of reach, rather than that a statement is wrong."""

from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError, TimeoutError


def is_lost(error: Exception) -> bool:
    """Tell whether asking again later may work: no connection was free, could be opened or kept."""
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    return isinstance(error, OperationalError | InterfaceError | TimeoutError | OSError)
