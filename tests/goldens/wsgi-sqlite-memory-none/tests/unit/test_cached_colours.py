"""What has to be awaited is not cached by accident: nothing would await it."""

import pytest

from shop.cache.cached import cached

from ..awaited import awaited


def test_an_async_function_is_refused_at_the_decoration() -> None:
    with pytest.raises(TypeError, match="async"):
        cached(int, name="async")(awaited)
