"""What tests need to know of the cache that the processes share."""

POOLS = ("redis",)
"""Tiers with connections of their own."""
