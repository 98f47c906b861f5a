"""What the cache promises when no process knows of the others."""

from collections.abc import Mapping

LOADS_AT_ONCE = 4
"""Of an expensive answer: one in each of four processes."""

LIFE_S = 3.0
"""Of an answer in its process; what is asked for after it is loaded again."""

SETTINGS: Mapping[str, object] = {"CACHE__L1_TTL_S": LIFE_S}

FLUSH_WITHIN_S = LIFE_S + 0.5
"""After a change was answered, by all processes: the life of an answer, and a busy machine."""

LISTS = ("/users?limit=1&count=true",)
"""What any user is in, and what is not given out past its life while it is loaded anew."""
