"""Keyset pages: where one begins, and the opaque cursor, signed so that nobody can make one up."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import blake2b
from hmac import compare_digest
from typing import Any

from sqlalchemy import ColumnElement, bindparam, tuple_
from sqlalchemy.orm import InstrumentedAttribute

_KEY_BYTES = 8
_MAC_BYTES = 8
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class InvalidCursor(ValueError):
    """The cursor is not one this service gave out for this list and its order."""


class InvalidOrder(ValueError):
    """The list has no such order."""


class Cursors:
    """Makes and reads the cursors of one list in one order."""

    def __init__(self, secret_key: str, name: str) -> None:
        self._secret_key = secret_key
        self._name = name
        self._key = _key_of(secret_key, name)

    def ordered_by(self, order: str) -> "Cursors":
        """Return the cursors of the same list in another order."""
        return Cursors(self._secret_key, f"{self._name} by {order}")

    def encode(self, *last: int) -> str:
        """Return the cursor of the page after the row with these keys."""
        raw = b"".join(key.to_bytes(_KEY_BYTES, "big", signed=True) for key in last)
        return urlsafe_b64encode(raw + self._mac(raw)).rstrip(b"=").decode()

    def decode(self, cursor: str) -> tuple[int, ...]:
        """Return the keys of the row a page starts after.

        Raises:
            InvalidCursor: not a cursor of this list in this order, or changed on the way.
        """
        try:
            raw = urlsafe_b64decode(cursor.encode("ascii") + b"==")[:-_MAC_BYTES]
        except (UnicodeEncodeError, binascii.Error):
            raw = b""
        starts = range(0, len(raw), _KEY_BYTES)
        keys = [int.from_bytes(raw[at : at + _KEY_BYTES], "big", signed=True) for at in starts]
        # Compared as text: base64 spells the same bytes in several ways.
        if not compare_digest(cursor.encode(errors="replace"), self.encode(*keys).encode()):
            raise InvalidCursor("cursor: not a cursor of this list")
        return tuple(keys)

    def _mac(self, raw: bytes) -> bytes:
        return blake2b(raw, key=self._key, digest_size=_MAC_BYTES).digest()


@lru_cache(maxsize=256)
def _key_of(secret_key: str, name: str) -> bytes:
    key = blake2b(secret_key.encode()).digest()
    return blake2b(name.encode(), key=key).digest()


def is_after(
    columns: Sequence[InstrumentedAttribute[Any]], last: Sequence[Any]
) -> ColumnElement[bool]:
    """Compare rows with the last one before them, in the order of an index on `columns`."""
    return tuple_(*columns) > tuple_(*last, types=[column.type for column in columns])


def is_after_params(
    columns: Sequence[InstrumentedAttribute[Any]],
    names: Sequence[str],
    *,
    is_descending: bool = False,
) -> ColumnElement[bool]:
    """Compare as `is_after` does, in a prepared statement; `names` are those of the keys."""
    last = [bindparam(name, type_=each.type) for each, name in zip(columns, names, strict=False)]
    if is_descending:
        return tuple_(*columns) < tuple_(*last)
    return tuple_(*columns) > tuple_(*last)


def to_micros(moment: datetime) -> int:
    """Return a time as the key of a cursor: microseconds since 1970."""
    return (moment - _EPOCH) // _MICROSECOND


def from_micros(micros: int) -> datetime:
    """Return the time that `to_micros` was given."""
    return _EPOCH + micros * _MICROSECOND
