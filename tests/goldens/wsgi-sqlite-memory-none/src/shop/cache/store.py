"""A bounded table in this process as the store."""

from collections.abc import Iterator
from contextlib import contextmanager

from cachebox import VTTLCache

from ..observability.metrics import Metrics
from .settings import CacheSettings


class Store:
    """Bytes by key, each with its own time to live."""

    def __init__(self, settings: CacheSettings) -> None:
        self._table: VTTLCache[str, bytes] = VTTLCache(settings.max_entries)

    def get(self, key: str) -> bytes | None:
        """Return the bytes of `key`; None when absent or expired."""
        return self._table.get(key)

    def set(self, key: str, value: bytes, ttl_s: float) -> None:
        """Keep `value` for `ttl_s` seconds."""
        self._table.insert(key, value, ttl=ttl_s)

    def delete(self, *keys: str) -> None:
        """Forget `keys`."""
        for key in keys:
            self._table.pop(key, None)

    def state(self) -> str:
        """Return "ok": this store is always there."""
        return "ok"


@contextmanager
def open_store(settings: CacheSettings, metrics: Metrics) -> Iterator[Store]:
    """Make the table."""
    yield Store(settings)
