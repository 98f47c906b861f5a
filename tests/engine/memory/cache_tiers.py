"""What tests need to know of the cache that the processes share."""

POOLS: tuple[str, ...] = ()
"""Tiers with connections of their own."""
