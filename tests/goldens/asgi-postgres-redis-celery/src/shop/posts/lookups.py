"""Owners of posts by id, many at a time."""

from collections.abc import Mapping, Sequence

from ..db.lookups import Lookup
from ..db.session import Database
from .queries import owners_with_ids


async def _load_owners(db: Database, user_ids: Sequence[int]) -> Mapping[int, bool | Exception]:
    async with db.reading() as session:
        return dict.fromkeys(await session.scalars(owners_with_ids(user_ids)), True)


owner_by_id: Lookup[int, bool] = Lookup("owner_by_id", _load_owners)
"""Whether there is such a user."""
