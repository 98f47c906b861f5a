"""Values as bytes and back: JSON checked by Pydantic, never pickle."""

from functools import cached_property
from hashlib import blake2b
from typing import Any, Generic, Protocol, TypeVar, cast, overload

import orjson
from pydantic import TypeAdapter

T = TypeVar("T")


class Codec(Protocol[T]):
    """Writes and reads values of one type."""

    @property
    def fingerprint(self) -> bytes:
        """8 bytes that differ between types of different shape."""

    @property
    def growth(self) -> float:
        """How many times the size of its bytes a value may take in memory."""

    def encode(self, value: T) -> bytes:
        """Return the value as bytes."""

    def decode(self, data: bytes) -> T:
        """Return the value.

        Raises:
            ValueError: these are no bytes of such a value.
        """


class _Raw:
    """Bytes as they are: bodies that were encoded before they are kept."""

    fingerprint = b"raw\0\0\0\0\0"
    growth = 1.0

    def encode(self, value: bytes) -> bytes:
        return value

    def decode(self, data: bytes) -> bytes:
        return data


class _Json(Generic[T]):
    """Whatever Pydantic can write as JSON and read again."""

    growth = 10.0

    def __init__(self, adapter: TypeAdapter[T]) -> None:
        self._adapter = adapter

    @cached_property
    def fingerprint(self) -> bytes:
        schema = self._adapter.json_schema(mode="serialization")
        written = orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)
        return blake2b(written, digest_size=8).digest()

    def encode(self, value: T) -> bytes:
        return self._adapter.dump_json(value, warnings="error")

    def decode(self, data: bytes) -> T:
        return self._adapter.validate_json(data)


RAW: Codec[bytes] = _Raw()
"""Bytes as they are."""


@overload
def codec_of(type_: type[T]) -> Codec[T]: ...
@overload
def codec_of(type_: Any) -> Codec[Any]: ...
def codec_of(type_: Any) -> Codec[Any]:
    """Return the codec of a type: a Pydantic model, a dataclass, a TypedDict, `list[int]`, ….

    Values are shared by all readers in a process, so give frozen types. A type whose shape changes
    gets another fingerprint: what an older version of the service kept is then a miss.
    Cost: builds a validator, milliseconds; once per type, at import.
    """
    if type_ is bytes:
        return cast("Codec[Any]", RAW)
    return _Json(TypeAdapter(type_))
