"""What the cache promises when several processes share Redis."""

from collections.abc import Mapping

LOADS_AT_ONCE = 1
"""Of an expensive answer, however many processes are asked for it."""

SETTINGS: Mapping[str, object] = {"CACHE__TTL_JITTER": 0}

LIFE_S = 60.0
"""Of an answer that all processes share."""

FLUSH_WITHIN_S = 0.3
"""After a change was answered, by all processes: 0.1, and a busy machine."""

LISTS = ("/users?limit=1&count=true", "/users/stats")
"""What any user is in."""
