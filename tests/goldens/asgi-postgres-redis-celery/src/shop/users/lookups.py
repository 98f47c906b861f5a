"""Users by id, many at a time."""

from collections.abc import Mapping, Sequence

from pydantic import ValidationError

from ..db.lookups import Lookup
from ..db.session import Database
from .queries import users_with_ids
from .schemas import UserOut


async def _load_users(db: Database, user_ids: Sequence[int]) -> Mapping[int, bytes | Exception]:
    async with db.reading() as session:
        rows = (await session.execute(users_with_ids(user_ids))).all()
    return {row.id: _encoded(row) for row in rows}


def _encoded(row: object) -> bytes | Exception:
    try:
        return UserOut.model_validate(row).model_dump_json().encode()
    except ValidationError as error:  # a row that somebody else wrote
        return error


user_by_id: Lookup[int, bytes] = Lookup("user_by_id", _load_users)
"""A user as JSON."""
