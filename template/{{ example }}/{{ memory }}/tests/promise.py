"""What the cache promises when no process knows of the others."""

from collections.abc import Mapping

LOADS_AT_ONCE = 4
"""Of an expensive answer: one in each of four processes."""

NEAR_TTL_S = 3.0
"""Longer than the rush takes: what ends within it is loaded again."""

SETTINGS: Mapping[str, object] = {"CACHE__NEAR_TTL_S": NEAR_TTL_S}

SEEN_WITHIN_S = NEAR_TTL_S + 0.5
"""After a change was answered, by all processes: the life of an answer, and a busy machine."""

LISTS = ("/users?limit=1&count=true",)
"""What any user is in, and what is not given out past its life while it is loaded anew."""
