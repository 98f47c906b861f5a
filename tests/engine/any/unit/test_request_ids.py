"""Ids of requests: the client's when it is harmless, else a new one."""

import re
import string

from hotpath.observability.requests import RequestIds
from hypothesis import given
from hypothesis import strategies as st

HARMLESS = re.compile(r"[A-Za-z0-9._-]{1,128}")


@given(st.text(string.ascii_letters + string.digits + "._-", min_size=1, max_size=128))
def test_a_harmless_id_is_kept(request_id: str) -> None:
    assert RequestIds().accept(request_id) == request_id


@given(st.none() | st.text(string.printable + "é\0"))
def test_whatever_comes_the_id_is_harmless(request_id: str | None) -> None:
    assert HARMLESS.fullmatch(RequestIds().accept(request_id))


def test_new_ids_differ_within_a_process_and_between_processes() -> None:
    ids = [RequestIds(), RequestIds()]

    assert len({each.accept(None) for each in ids for _ in range(3)}) == 6
