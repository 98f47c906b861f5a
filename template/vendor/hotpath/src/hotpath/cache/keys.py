"""Keys of cached values: the same in every process, and different for different arguments."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, time, timedelta
from decimal import Decimal
from enum import Enum
from hashlib import blake2b
from math import isfinite
from typing import Any, Self
from uuid import UUID

import orjson
from pydantic import BaseModel

from hotpath.cache.entries import FORMAT
from hotpath.service import Service

MAX_LENGTH = 200
"""Characters of a key; the arguments of a longer one are hashed."""


@dataclass(frozen=True, slots=True)
class CacheNamespace:
    """The prefix of stored values: versions of a service do not read each other's.

    What another version loads may mean another thing.
    """

    service: str
    version: str
    """Of the format of entries and of the service, such as `1.0.1.0`."""

    @classmethod
    def of(cls, service: Service) -> Self:
        """Return the namespace of a service as it is installed."""
        return cls(service.package, f"{FORMAT}.{service.version}")


def key_of(name: str, *arguments: object) -> str:
    """Return the key of `name` with `arguments`, such as `user:7` or `page:"active",50`.

    Arguments of different types or values never share a key: 7, "7", 7.0 and True all differ.

    Raises:
        ValueError: `name` is empty or has a `:` or a `*`.
        TypeError: an argument is of a type that cannot be part of a key, such as a connection.
    """
    if not name or ":" in name or "*" in name:
        raise ValueError(f"{name!r}: a name is not empty and has no ':' and no '*'")
    if not arguments:
        return name
    text = ",".join(orjson.dumps(_plain(each)).decode() for each in arguments)
    if len(name) + len(text) >= MAX_LENGTH:
        text = "#" + blake2b(text.encode(), digest_size=20).hexdigest()
    return f"{name}:{text}"


def require_names(names: Iterable[str]) -> tuple[str, ...]:
    """Return keys or tags as a tuple.

    Raises:
        TypeError: one of them is no string, or all of them are one.
        ValueError: one has a lone surrogate, which cannot be encoded.
    """
    if isinstance(names, str):
        raise TypeError(f"{names!r} is one string: give a tuple of them")
    required = tuple(names)
    for name in required:
        if not isinstance(name, str):
            raise TypeError(f"{name!r} is no string")
        if not name.isascii():
            name.encode()
    return required


def _plain(value: object) -> Any:  # noqa: PLR0911 - one line per kind of value
    """Return something whose JSON differs for every type and value."""
    if value is None or type(value) in (bool, int, float, str):
        return _exact(value)
    if isinstance(value, Enum):
        return {"enum": [_name_of(value), value.name]}
    if isinstance(value, BaseModel):
        return [_name_of(value), _plain(dict(value))]
    if is_dataclass(value):
        return [_name_of(value), [_plain(getattr(value, each.name)) for each in fields(value)]]
    if isinstance(value, Mapping):
        return {"map": _sorted([_plain(key), _plain(each)] for key, each in value.items())}
    if isinstance(value, set | frozenset):
        return {"set": _sorted(map(_plain, value))}
    if isinstance(value, list | tuple):
        return {_name_of(value): [_plain(each) for each in value]}
    if isinstance(value, bytes):
        return {"bytes": value.hex()}
    if isinstance(value, date | time | timedelta | Decimal | UUID):
        return {_name_of(value): str(value)}
    raise TypeError(f"{_name_of(value)} cannot be a part of a key; name it in `ignore`")


def _exact(value: object) -> Any:
    """Replace what JSON cannot express: long integers, NaN, infinity, lone surrogates."""
    if isinstance(value, int) and value.bit_length() > 63:  # noqa: PLR2004
        return {"int": str(value)}
    if isinstance(value, float) and not isfinite(value):
        return {"float": str(value)}
    if isinstance(value, str) and not value.isascii() and _has_surrogate(value):
        return {"str": value.encode(errors="surrogatepass").hex()}
    return value


def _has_surrogate(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return True
    return False


def _sorted(values: Iterable[Any]) -> list[Any]:
    """Return plain values in an order that is the same in every process."""
    return sorted(values, key=orjson.dumps)


def _name_of(value: object) -> str:
    type_ = UUID if isinstance(value, UUID) else type(value)  # asyncpg's are of a class below it
    is_built_in = type_.__module__ == "builtins"
    return type_.__qualname__ if is_built_in else f"{type_.__module__}.{type_.__qualname__}"
