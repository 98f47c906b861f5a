"""The names of `hotpath.asgi` and `hotpath.wsgi` are imported on first use, and once."""

import pytest
from hotpath import asgi


def test_a_name_is_looked_up_once() -> None:
    vars(asgi).pop("Router", None)

    first = asgi.Router

    assert vars(asgi)["Router"] is first  # else every request would import it again: 1 µs


def test_another_name_is_an_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nothing'"):
        _ = asgi.Nothing
