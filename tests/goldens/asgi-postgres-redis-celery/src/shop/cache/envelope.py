"""How an answer is kept outside the process: sealed, so that what was not written here is a miss.

Source: BLAKE2 as a keyed hash, RFC 7693.
"""

from collections.abc import Sequence
from hashlib import blake2b
from hmac import compare_digest
from struct import Struct
from struct import error as StructError
from typing import Any, TypeVar

from .codec import Codec
from .stores import STAMP_BYTES, Sealed
from .tiers import Ask, Entry

T = TypeVar("T")

FORMAT = 1
"""Raise it when the layout below changes."""

_HEAD = Struct(">BBH8sddd")  # format, is there a value, how many tags, codec, the three moments
_SEAL_BYTES = 16


class Poisoned(ValueError):
    """These bytes were not written by this service, for this key, in this format."""


class Envelopes:
    """Seals entries and opens them again, with a key that only the service knows.

    A seal covers the key of the cache too: an answer cannot be moved to another user's key.
    """

    def __init__(self, secret: bytes) -> None:
        self._secret = blake2b(secret, digest_size=32, person=b"cache").digest()

    def seal(self, key: str, entry: Entry[T], codec: Codec[Any], stamps: Sequence[bytes]) -> bytes:
        """Return the entry as bytes. Cost: 2 µs and 1 µs per KiB."""
        has_value = entry.value is not None
        life = (entry.loaded_at, entry.fresh_until, entry.ends_at)
        head = _HEAD.pack(FORMAT, has_value, len(stamps), codec.fingerprint, *life)
        written = b"".join((head, *stamps, entry.data))
        return self._mark(key, written) + written

    def open(self, ask: Ask[T], sealed: Sealed) -> Entry[T] | None:
        """Return the entry; None if a tag was invalidated since it was sealed.

        Raises:
            Poisoned: malformed, cut off, sealed by somebody else or for another key or type.
        """
        mark, written = sealed.data[:_SEAL_BYTES], sealed.data[_SEAL_BYTES:]
        if not compare_digest(mark, self._mark(ask.key, written)):
            raise Poisoned(f"{ask.key}: the seal is not ours")
        try:
            version, has_value, count, fingerprint, *life = _HEAD.unpack_from(written)
        except StructError as error:
            raise Poisoned(f"{ask.key}: {error}") from error
        if version != FORMAT:
            raise Poisoned(f"{ask.key}: format {version}, not {FORMAT}")
        start = _HEAD.size + count * STAMP_BYTES
        stamps, data = written[_HEAD.size : start], written[start:]
        if fingerprint != ask.codec.fingerprint:
            raise Poisoned(f"{ask.key}: the type has another shape")
        if count != len(sealed.stamps) or None in sealed.stamps:
            return None
        if stamps != b"".join(stamp for stamp in sealed.stamps if stamp is not None):
            return None
        try:
            value: Any = ask.codec.decode(data) if has_value else None
        except Exception as error:  # a validator of the service's own may raise anything
            raise Poisoned(f"{ask.key}: {error}") from error
        return Entry(value, data, *life)

    def _mark(self, key: str, written: bytes) -> bytes:
        """Return the seal. The length of the key tells where it ends and the entry begins."""
        name = key.encode(errors="surrogatepass")
        seal = blake2b(
            len(name).to_bytes(8), key=self._secret, digest_size=_SEAL_BYTES, person=b"entry"
        )
        seal.update(name)
        seal.update(written)
        return seal.digest()
