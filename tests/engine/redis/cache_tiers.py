"""What tests need to know of the cache that the processes share."""

POOLS = ("l2",)
"""Tiers with connections of their own."""
