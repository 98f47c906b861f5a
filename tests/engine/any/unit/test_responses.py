"""ETags and what a client's `If-None-Match` says of them."""

import re

import pytest
from hotpath.http.etags import etag_of, is_unchanged
from hypothesis import assume, given
from hypothesis import strategies as st

TAG = etag_of(b"body")


@given(st.binary())
def test_a_tag_is_quoted_and_bounded(body: bytes) -> None:
    assert re.fullmatch('"[0-9a-f]{24}"', etag_of(body))


@given(st.binary(), st.binary())
def test_other_bytes_have_another_tag(body: bytes, other: bytes) -> None:
    assume(body != other)

    assert etag_of(body) != etag_of(other)
    assert etag_of(body) == etag_of(bytes(body))


def test_a_tag_is_the_same_in_every_process() -> None:
    assert TAG == '"1015b49d8b5ffd7a42652e3a"'


@pytest.mark.parametrize("given", [TAG, f"W/{TAG}", f'"x", {TAG}', f'"x",W/{TAG} ,"y"', "*", " * "])
def test_a_current_copy_is_known(given: str) -> None:
    assert is_unchanged(given, TAG)


@pytest.mark.parametrize("given", [None, "", '"x"', TAG.strip('"'), f"w/{TAG}", f"{TAG}x"])
def test_any_other_copy_is_not(given: str | None) -> None:
    assert not is_unchanged(given, TAG)
