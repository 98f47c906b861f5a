"""Patterns in Redis: `*` is anything, and every other character is itself."""

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from ..redis_server import KEYS

TEXTS = st.text("ab*?[]^-\\:\n", max_size=6)


def redis_glob(pattern: str) -> re.Pattern[str]:
    """Return what SCAN makes of a pattern, as Redis' documentation says."""
    tokens = re.findall(r"\\.|\[(?:\\.|[^\]\\])*\]|.", pattern, re.DOTALL)
    return re.compile("".join(map(_expression, tokens)), re.DOTALL)


def _expression(token: str) -> str:
    if token.startswith("\\") and len(token) == 2:
        return re.escape(token[1])
    if token.startswith("[") and len(token) > 1:
        return token
    return {"*": ".*", "?": "."}.get(token, re.escape(token))


def expected(pattern: str) -> re.Pattern[str]:
    """Return what a pattern of keys means."""
    return re.compile(".*".join(map(re.escape, pattern.split("*"))), re.DOTALL)


@settings(max_examples=300, deadline=None)
@given(TEXTS, TEXTS)
def test_a_pattern_matches_what_it_says_and_no_more(pattern: str, key: str) -> None:
    glob = redis_glob(KEYS.glob(pattern))
    is_meant = expected(pattern).fullmatch(key) is not None

    for name in (KEYS.value(key), KEYS.lease(key)):
        assert (glob.fullmatch(name) is not None) == is_meant


@settings(max_examples=100, deadline=None)
@given(TEXTS, TEXTS)
def test_a_pattern_leaves_tags_alone(pattern: str, tag: str) -> None:
    assert redis_glob(KEYS.glob(pattern)).fullmatch(KEYS.tag(tag)) is None
