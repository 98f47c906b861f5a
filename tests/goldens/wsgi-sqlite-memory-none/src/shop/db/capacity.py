"""Pool arithmetic: a file has no limit of connections to run into."""

from .settings import DatabaseSettings


def check_pools(settings: DatabaseSettings, processes: int) -> None:
    """Find nothing to warn of."""
