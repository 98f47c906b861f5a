"""The connection pools of shared tiers that have one of their own."""

from collections.abc import Iterable, Mapping

from .connections import Connections
from .redis_store import RedisStore
from .stores import Store


def pools_of(stores: Iterable[Store]) -> Mapping[str, Connections]:
    """Return the figures of this moment, by tier."""
    return {store.tier: store.connections() for store in stores if isinstance(store, RedisStore)}
