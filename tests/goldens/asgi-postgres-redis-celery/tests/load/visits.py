"""What a scenario sees of a visitor."""

from random import Random
from typing import Any, Protocol


class Answer(Protocol):
    """An answer of the service."""

    status_code: int

    def json(self) -> Any:
        """Return its body."""


class Client(Protocol):
    """Sends requests; `name` is the route that they count for in `slo.toml`."""

    def get(self, path: str, *, name: str) -> Answer:
        """Read."""

    def post(self, path: str, *, name: str, json: object) -> Answer:
        """Write."""


class Visitor(Protocol):
    """One of many."""

    client: Client
    chance: Random
    known_ids: list[int]
