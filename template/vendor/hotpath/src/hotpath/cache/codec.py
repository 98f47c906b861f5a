"""Values as bytes and back: JSON checked by Pydantic, never pickle."""

from hashlib import blake2b
from typing import Any, Generic, Protocol, TypeVar, cast, overload

import orjson
from pydantic import ConfigDict, PydanticUserError, TypeAdapter

T = TypeVar("T")

_OBJECT_BYTES = 500  # of memory for a JSON object: a model, its dict and the set of its fields
_VALUE_BYTES = 100  # for any other value, with the reference to it; a Decimal is the largest
_WIDE_BYTES = 4  # for a character, at most, of a string that is not ASCII throughout
_EXACT = ConfigDict(ser_json_bytes="base64", val_json_bytes="base64", ser_json_inf_nan="constants")


class Codec(Protocol[T]):
    """Encodes and decodes values of one type."""

    @property
    def fingerprint(self) -> bytes:
        """8 bytes that differ between types of different shape."""

    def weigh(self, data: bytes) -> int:
        """Return the most bytes of memory that the value encoded as `data` takes."""

    def encode(self, value: T) -> bytes:
        """Return the value as bytes.

        Raises:
            TypeError: it is not of this type, or cannot be encoded.
        """

    def decode(self, data: bytes) -> T:
        """Return the value.

        Raises:
            ValueError: `data` does not encode such a value.
        """


class _Raw:
    """Bytes as they are, such as response bodies, which are encoded already."""

    fingerprint = b"raw\0\0\0\0\0"

    def weigh(self, data: bytes) -> int:
        return len(data)

    def encode(self, value: bytes) -> bytes:
        if type(value) is not bytes:
            raise TypeError(f"{type(value).__name__}, not bytes: name its codec")
        return value

    def decode(self, data: bytes) -> bytes:
        return data


class _Json(Generic[T]):
    """Whatever Pydantic can encode as JSON and decode again."""

    def __init__(self, adapter: TypeAdapter[T]) -> None:
        self._adapter = adapter
        schema = adapter.json_schema(mode="serialization")
        written = orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)
        self.fingerprint = blake2b(written, digest_size=8).digest()

    def weigh(self, data: bytes) -> int:
        """Count the characters that begin objects and values; those in strings are counted too."""
        objects = data.count(b"{")
        values = objects + data.count(b"[") + data.count(b",") + data.count(b":")
        text_bytes = len(data) if data.isascii() else _WIDE_BYTES * len(data)
        return text_bytes + _OBJECT_BYTES * objects + _VALUE_BYTES * values

    def encode(self, value: T) -> bytes:
        try:
            return self._adapter.dump_json(value, by_alias=False, round_trip=True, warnings="error")
        except ValueError as error:
            raise TypeError(str(error)) from error

    def decode(self, data: bytes) -> T:
        return self._adapter.validate_json(data, by_alias=False, by_name=True)


RAW: Codec[bytes] = _Raw()
"""Bytes as they are."""


@overload
def codec_of(type_: type[T]) -> Codec[T]: ...
@overload
def codec_of(type_: Any) -> Codec[Any]: ...
def codec_of(type_: Any) -> Codec[Any]:
    """Return the codec of a type: a Pydantic model, a dataclass, a TypedDict, `list[int]`, ….

    Values are shared by all readers in a process, so give frozen types. A type whose shape changes
    gets another fingerprint: what an older version of the service stored is then a miss. JSON
    must hold the values: bytes that are not UTF-8 and infinite floats in a model need
    `ser_json_bytes`, `val_json_bytes` and `ser_json_inf_nan` in its config.
    Cost: builds a validator, milliseconds; once per type, at import.
    """
    if type_ is bytes:
        return cast("Codec[Any]", RAW)
    return _Json(_adapter_of(type_))


def _adapter_of(type_: Any) -> TypeAdapter[Any]:
    try:
        return TypeAdapter(type_, config=_EXACT)
    except PydanticUserError:  # it has a config of its own
        return TypeAdapter(type_)
