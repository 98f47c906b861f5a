"""Owners of posts by id, many at a time."""

from collections.abc import Mapping, Sequence

from ..db.lookups import Lookup
from ..db.session import Database
from .queries import OWNERS_WITH_IDS


async def _load_owners(db: Database, user_ids: Sequence[int]) -> Mapping[int, bool | Exception]:
    rows = await db.fetch(OWNERS_WITH_IDS, {"ids": user_ids})
    return {user_id: True for (user_id,) in rows}


owner_by_id: Lookup[int, bool] = Lookup("owner_by_id", _load_owners)
"""Whether there is such a user."""
