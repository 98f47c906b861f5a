"""What can be set about SQLite and its pool."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, Field, SecretStr


def _speaks_sqlite(url: SecretStr) -> SecretStr:
    if not url.get_secret_value().startswith("sqlite:///"):
        raise ValueError("must start with sqlite:///")
    return url


class DatabaseSettings(BaseModel, extra="forbid"):
    """One file, many readers, one writer at a time."""

    url: Annotated[SecretStr, AfterValidator(_speaks_sqlite)] = SecretStr("sqlite:///app.db")
    """sqlite:///relative/path.db or sqlite:////absolute/path.db"""

    pool_size: Annotated[int, Field(ge=1, le=1000)] = 5
    """Connections kept per process; readers side by side."""

    max_overflow: Annotated[int, Field(ge=0, le=1000)] = 5
    """Connections beyond pool_size, closed when given back; for short peaks."""

    held_connections: Annotated[int, Field(ge=0, le=100)] = 2
    """Connections kept beside the pool for hot statements; 0 sends these through the pool, which
    costs them 5 times the time."""

    pool_wait_s: Annotated[float, Field(gt=0)] = 2.0
    """Seconds a request waits for a connection before it is answered 503."""

    slow_query_s: Annotated[float, Field(ge=0)] = 0.5
    """Seconds past which a statement is logged, without its parameters; `inf` for never."""

    batch_size: Annotated[int, Field(ge=1, le=10_000)] = 256
    """Keys looked up by one query; a batch with as many leaves at once. More gain no speed."""

    batch_wait_s: Annotated[float, Field(gt=0)] = 15.0
    """Seconds a batch may take from its first key on, then 503; above what a query may take."""

    ping_timeout_s: Annotated[float, Field(gt=0)] = 1.0
    """Seconds in which the database shows that it is there, or `/readyz` answers 503."""

    busy_timeout_s: Annotated[float, Field(gt=0)] = 5.0
    """Seconds a writer waits for the one before it."""
