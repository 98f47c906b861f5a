"""Imports a library without another that it takes along if it is there."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, cast


@contextmanager
def without(module: str) -> Iterator[None]:
    """Let imports inside find that `module` is not installed; they must be ready for that."""
    modules = cast(dict[str, Any], sys.modules)
    known = modules.get(module)
    modules[module] = None
    try:
        yield
    finally:
        if known is None:
            del modules[module]
        else:
            modules[module] = known
