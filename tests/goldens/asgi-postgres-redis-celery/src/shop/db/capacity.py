"""Pool arithmetic: whether the pools of all processes fit into the server's `max_connections`."""

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from ..observability.logs import get_logger
from .engine import open_engine
from .settings import DatabaseSettings
from .transactions import held_connections

_AVAILABLE = text(
    "SELECT current_setting('max_connections')::int"
    " - current_setting('superuser_reserved_connections')::int"
    " - coalesce(current_setting('reserved_connections', true)::int, 0)"
)


async def check_pools(settings: DatabaseSettings, processes: int) -> None:
    """Log a warning when `processes` pools may want more connections than the server has.

    Nothing is checked behind PgBouncer, which queues instead, or while the database is away.
    Cost: one connection, closed again; at most `connect_timeout_s`.
    """
    if settings.pgbouncer:
        return
    try:
        async with open_engine(settings) as engine, engine.connect() as connection:
            available = int((await connection.scalars(_AVAILABLE)).one())
    except (SQLAlchemyError, OSError) as error:
        get_logger().info("pools not checked", error=f"{type(error).__name__}: {error}")
        return
    each = settings.pool_size + settings.max_overflow + held_connections(settings)
    if processes * each > available:
        get_logger().warning(
            "pools do not fit",
            processes=processes,
            connections_each=each,
            connections_wanted=processes * each,
            connections_available=available,
            remedy="fewer processes, a smaller pool_size, or more max_connections",
        )
