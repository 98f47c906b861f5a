"""What can be set about the cache of a process that nobody tells of changes."""

from .tier_settings import Seconds, TierSettings


class CacheSettings(TierSettings):
    """A table in each process; processes do not tell each other of a change."""

    near_ttl_s: Seconds = 1.0
    """Seconds an answer lives in a process; with several, also how old another's may be."""
