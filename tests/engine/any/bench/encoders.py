"""Rows as JSON: the engine's encoder beside msgspec and Pydantic, for a page of 50 users.

    nox -s bench -- asgi-sqlite-memory-none encoders

All take the rows as the driver returns them, and write what the schema says, byte for byte. "As
they are" takes every value as the schema has it, which no database promises: SQLite keeps any
text in a number's column.

µs a page, times the engine's, on 2 cores, November 2026: orjson 18.7, Pydantic 6.8, msgspec 3.9
with its checks and 2.5 without. A time of msgspec's has to know its zone; orjson adds the Z.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal

from hotpath.aio.concurrency import run
from hotpath.db.encoding import RowEncoder
from pydantic import TypeAdapter
from rich.console import Console

from package_name.users.model import User
from package_name.users.schemas import UserOut

from .rounds import Work, seconds_of, table_of

TIMES = 200
ROWS = tuple(
    (number, f"a{number}@example.com", "Ada", "active", f"2026-11-28 12:30:{number:02}.000001")
    for number in range(50)
)
OURS = "hotpath, orjson"
USERS = TypeAdapter(list[UserOut])


def with_orjson(encoder: RowEncoder) -> bytes:
    """Return what a page's items are."""
    return b"[" + b",".join(encoder.encode_all(ROWS)) + b"]"


def with_pydantic() -> bytes:
    """Make a model of each row."""
    names = UserOut.model_fields
    models = [UserOut.model_validate(dict(zip(names, _timed(row), strict=True))) for row in ROWS]
    return USERS.dump_json(models)


def with_msgspec(msgspec: Any) -> Mapping[str, Any]:
    """Return the ways of msgspec: with its checks, and without."""
    fields = {"id": int, "email": str, "name": str, "created_at": datetime}
    fields["status"] = Literal["active", "inactive", "banned"]  # type: ignore[assignment]
    in_order = [(name, fields[name]) for name in UserOut.model_fields]
    user = msgspec.defstruct("User", in_order)
    encode = msgspec.json.Encoder().encode
    many = list[user]  # type: ignore[valid-type]

    def checked() -> bytes:
        records = [dict(zip(fields_, _timed(row), strict=True)) for row in ROWS]
        encoded: bytes = encode(msgspec.convert(records, many))
        return encoded

    def as_they_are() -> bytes:
        encoded: bytes = encode([user(*_timed(row)) for row in ROWS])
        return encoded

    fields_ = tuple(UserOut.model_fields)
    return {"msgspec, checked": checked, "msgspec, as they are": as_they_are}


def _timed(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (*row[:-1], datetime.fromisoformat(row[-1]).replace(tzinfo=UTC))


def _work(encode: Any) -> Work:
    async def work(times: int) -> None:
        for _ in range(times):
            encode()

    return work


async def main() -> None:
    encoder = RowEncoder(User, UserOut)
    ways: dict[str, Any] = {OURS: lambda: with_orjson(encoder), "Pydantic": with_pydantic}
    try:
        import msgspec
    except ImportError:
        pass
    else:
        ways |= with_msgspec(msgspec)
    assert len({encode() for encode in ways.values()}) == 1, "they write different bytes"
    seconds = await seconds_of({name: _work(encode) for name, encode in ways.items()}, TIMES)
    Console().print(table_of("A page of 50 users as JSON", seconds, OURS))


if __name__ == "__main__":
    run(main())
