"""What blocks is not cached by accident: it would hold up the event loop."""

import pytest
from hotpath.aio.cache.decorator import cached


def blocking() -> int:
    """Return a number."""
    return 1


def test_a_blocking_function_is_refused_at_the_decoration() -> None:
    with pytest.raises(TypeError, match="in_thread"):
        cached(int, name="blocking")(blocking)  # type: ignore[arg-type]
