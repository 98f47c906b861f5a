"""Chunks of anything."""

from collections.abc import Sequence

import pytest
from hotpath.batch import chunks_of
from hypothesis import given
from hypothesis import strategies as st


@given(items=st.lists(st.integers(), max_size=30), size=st.integers(1, 8))
def test_chunks_are_full_but_the_last_and_lose_nothing(items: Sequence[int], size: int) -> None:
    chunks = list(chunks_of(iter(items), size))

    assert items == [item for chunk in chunks for item in chunk]
    assert all(len(chunk) == size for chunk in chunks[:-1])
    assert all(chunks)


def test_only_one_chunk_is_taken_at_a_time() -> None:
    items = iter(range(100))
    assert next(chunks_of(items, 3)) == [0, 1, 2]
    assert next(items) == 3


def test_a_size_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="size is 0"):
        next(chunks_of([1], 0))
