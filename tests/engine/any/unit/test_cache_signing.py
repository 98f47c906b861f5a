"""Bytes from outside the process: what was sealed here comes back, and nothing else."""

import pickle
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from hotpath.cache.codec import RAW, Codec, codec_of
from hotpath.cache.entries import BadSignature, Entry, SignedEntry, Signer
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, Field, computed_field, field_validator

KEY = "user:7"
STAMP = bytes(range(16))
SIGNER = Signer(b"a secret")


class Item(BaseModel, frozen=True, extra="forbid"):
    """A model with everything that makes reading harder than writing."""

    number: int = Field(alias="no")
    at: datetime
    price: Decimal | None
    parts: tuple["Item", ...] = ()

    @computed_field  # type: ignore[prop-decorator]
    @property
    def double(self) -> int:
        """Twice the number."""
        return 2 * self.number


@dataclass(frozen=True)
class Place:
    """A dataclass."""

    row: int
    names: frozenset[str]


class Fussy(BaseModel, frozen=True):
    """A model whose validator fails with what Pydantic does not expect."""

    number: int

    @field_validator("number")
    @classmethod
    def is_positive(cls, number: int) -> int:
        """Refuse in a way of its own."""
        if number < 0:
            raise KeyError(number)
        return number


TIMES = st.datetimes(timezones=st.just(UTC))
PRICES = st.none() | st.decimals(allow_nan=False, allow_infinity=False)
ITEMS = st.builds(Item, no=st.integers(), at=TIMES, price=PRICES)
VALUES: list[tuple[Any, st.SearchStrategy[Any]]] = [
    (bytes, st.binary()),
    (str, st.text(st.characters(exclude_categories=["Cs"]))),
    (int, st.integers()),
    (float, st.floats(allow_nan=False)),
    (bool, st.booleans()),
    (list[bytes], st.lists(st.binary())),
    (Item, ITEMS),
    (list[Item], st.lists(ITEMS, max_size=3)),
    (Place, st.builds(Place, st.integers(), st.frozensets(st.text("ab"), max_size=2))),
    (dict[int, str], st.dictionaries(st.integers(), st.text("ab"), max_size=3)),
    (tuple[UUID, date, timedelta], st.tuples(st.uuids(), st.dates(), st.timedeltas())),
]


def signed_by(signer: Signer, value: Any, codec: Codec[Any] = RAW, key: str = KEY) -> bytes:
    """Seal a value, which has one tag."""
    entry = Entry(value, b"" if value is None else codec.encode(value), 1.0, 2.0, 3.0)
    return signer.sign(key, entry, codec, [STAMP])


def verified(data: bytes, codec: Codec[Any] = RAW, key: str = KEY) -> Entry[Any] | None:
    """Open what a store has."""
    return SIGNER.verify(key, codec, SignedEntry(data, [STAMP]))


@pytest.mark.parametrize(("type_", "values"), VALUES)
def test_values_come_back_as_they_were(type_: Any, values: st.SearchStrategy[Any]) -> None:
    codec = codec_of(type_)

    @settings(max_examples=25, deadline=None)
    @given(values)
    def comes_back(value: Any) -> None:
        entry = verified(signed_by(SIGNER, value, codec), codec)
        assert entry == Entry(value, codec.encode(value), 1.0, 2.0, 3.0)
        assert type(entry.value) is type(value)

    comes_back()


def test_absence_comes_back() -> None:
    assert verified(signed_by(SIGNER, None)) == Entry(None, b"", 1.0, 2.0, 3.0)


@pytest.mark.parametrize("stamps", [[], [None], [bytes(16)], [STAMP, STAMP]])
def test_another_stamp_of_a_tag_is_a_miss(stamps: list[bytes | None]) -> None:
    signed = SignedEntry(signed_by(SIGNER, b"value"), stamps)

    assert SIGNER.verify(KEY, RAW, signed) is None


def test_every_length_and_every_flipped_bit_is_refused() -> None:
    data = signed_by(SIGNER, b"value")
    cut = [data[:length] for length in range(len(data))]
    flipped = [
        data[:place] + bytes([data[place] ^ 1 << bit]) + data[place + 1 :]
        for place in range(len(data))
        for bit in range(8)
    ]

    for bad in (*cut, *flipped, data + b"\0"):
        with pytest.raises(BadSignature):
            verified(bad)


@settings(max_examples=100, deadline=None)
@given(st.binary(max_size=200))
def test_anything_else_is_refused(data: bytes) -> None:
    with pytest.raises(BadSignature):
        verified(data)


def test_an_answer_cannot_be_moved_to_another_key() -> None:
    data = signed_by(SIGNER, b"value")
    mark, written = data[:16], data[16:]

    for at in range(1, len(KEY)):  # what a seal of both, one after the other, would let pass
        before, after = KEY[:at], KEY[at:]
        for key, moved in ((before, after.encode() + written), (after, written + before.encode())):
            with pytest.raises(BadSignature):
                verified(mark + moved, key=key)
    with pytest.raises(BadSignature):
        verified(data, key="user:8")


def test_another_secret_or_type_or_shape_is_refused() -> None:
    numbers, texts = codec_of(list[int]), codec_of(list[str])
    data = signed_by(SIGNER, [], numbers)

    assert verified(data, codec_of(list[int])) is not None
    with pytest.raises(BadSignature, match="shape"):
        verified(data, texts)
    with pytest.raises(BadSignature, match="signature"):
        verified(signed_by(Signer(b"another secret"), [], numbers), numbers)


def test_what_was_sealed_and_cannot_be_read_is_refused() -> None:
    fussy = codec_of(Fussy)
    with pytest.raises(BadSignature):
        verified(signed_by(SIGNER, Fussy.model_construct(number=-1), fussy), fussy)


class Hostile:
    """Pickled, it makes a file when it is read."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> Any:
        return (Path.touch, (self.path,))


def test_pickled_bytes_run_nothing(tmp_path: Path) -> None:
    data = pickle.dumps(Hostile(tmp_path / "ran"))
    items = codec_of(Item)
    entry = Entry(data, data, 1.0, 2.0, 3.0)

    for bad in (data, SIGNER.sign(KEY, entry, items, [STAMP])):
        with pytest.raises(BadSignature):
            verified(bad, items)
    assert list(tmp_path.iterdir()) == []


def test_an_entry_may_have_many_tags() -> None:
    stamps = [bytes([number % 256]) * 16 for number in range(1000)]
    data = SIGNER.sign(KEY, Entry(b"value", b"value", 1.0, 2.0, 3.0), RAW, stamps)

    assert SIGNER.verify(KEY, RAW, SignedEntry(data, stamps)) is not None
