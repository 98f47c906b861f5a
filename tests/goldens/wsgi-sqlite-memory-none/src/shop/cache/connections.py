"""How full the connection pool of a shared tier is."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Connections:
    """Connections of one process."""

    size: int
    """No more are opened; a caller past that waits."""

    in_use: int
    idle: int
