"""What has to be awaited is not cached by accident: nothing would await it."""

from importlib import import_module

import pytest
from hotpath.blocking.cache.decorator import cached


def test_an_async_function_is_refused_at_the_decoration() -> None:
    awaited = import_module("asyncio").sleep

    with pytest.raises(TypeError, match="async"):
        cached(int, name="async")(awaited)
