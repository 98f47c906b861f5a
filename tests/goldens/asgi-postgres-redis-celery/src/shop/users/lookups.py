"""Users by id, many at a time."""

from collections.abc import Mapping, Sequence

from ..db.lookups import Lookup
from ..db.session import Database
from .encoding import encode_row
from .queries import users_with_ids


async def _load_users(db: Database, user_ids: Sequence[int]) -> Mapping[int, bytes | Exception]:
    rows = await db.fetch(*users_with_ids(user_ids))
    return {row[0]: encode_row(row) for row in rows}


user_by_id: Lookup[int, bytes] = Lookup("user_by_id", _load_users)
"""A user as JSON."""
