"""Keyset pages: the opaque cursor, signed so that a page cannot be asked for by guessing."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from hmac import compare_digest

_ID_BYTES = 8
_MAC_BYTES = 8


class InvalidCursor(ValueError):
    """The cursor is not one this service gave out for this list."""


class Cursors:
    """Makes and reads the cursors of one list."""

    def __init__(self, secret_key: str, name: str) -> None:
        key = blake2b(secret_key.encode()).digest()
        self._key = blake2b(name.encode(), key=key).digest()

    def encode(self, last_id: int) -> str:
        """Return the cursor of the page after `last_id`."""
        raw = last_id.to_bytes(_ID_BYTES, "big")
        return urlsafe_b64encode(raw + self._mac(raw)).rstrip(b"=").decode()

    def decode(self, cursor: str) -> int:
        """Return the id a page starts after.

        Raises:
            InvalidCursor: not a cursor of this list, or changed on the way.
        """
        try:
            raw = urlsafe_b64decode(cursor.encode("ascii") + b"==")
        except (UnicodeEncodeError, binascii.Error):
            raw = b""
        last_id = int.from_bytes(raw[:_ID_BYTES], "big")
        # Compared as text: base64 spells the same bytes in several ways.
        if not compare_digest(cursor.encode(errors="replace"), self.encode(last_id).encode()):
            raise InvalidCursor("cursor: not a cursor of this list")
        return last_id

    def _mac(self, raw: bytes) -> bytes:
        return blake2b(raw, key=self._key, digest_size=_MAC_BYTES).digest()
