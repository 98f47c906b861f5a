"""What a name becomes: the tables of async names, and the rules by which imports and names change.

Add a line here when a template uses a new async name. Nothing here knows where in a file a name is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

PACKAGE = "package_name"

RENAMES: dict[tuple[str, str], tuple[str, str]] = {
    ("asyncio", "Lock"): ("threading", "Lock"),
    ("collections.abc", "AsyncGenerator"): ("collections.abc", "Generator"),
    ("collections.abc", "AsyncIterator"): ("collections.abc", "Iterator"),
    ("contextlib", "AsyncExitStack"): ("contextlib", "ExitStack"),
    ("contextlib", "aclosing"): ("contextlib", "closing"),
    ("contextlib", "asynccontextmanager"): ("contextlib", "contextmanager"),
    ("httpx2", "ASGITransport"): ("httpx2", "WSGITransport"),
    ("httpx2", "AsyncClient"): ("httpx2", "Client"),
    ("sqlalchemy", "AsyncAdaptedQueuePool"): ("sqlalchemy", "QueuePool"),
    ("sqlalchemy.ext.asyncio", "AsyncEngine"): ("sqlalchemy", "Engine"),
    ("sqlalchemy.ext.asyncio", "AsyncSession"): ("sqlalchemy.orm", "Session"),
    ("sqlalchemy.ext.asyncio", "async_sessionmaker"): ("sqlalchemy.orm", "sessionmaker"),
    ("sqlalchemy.ext.asyncio", "create_async_engine"): ("sqlalchemy", "create_engine"),
}
"""(module, name) as imported by `from module import name` → (module, name)."""

MODULES = {"redis.asyncio": "redis"}
"""Modules that move with all their names and submodules."""

UNWRAPPED = frozenset({("collections.abc", "Awaitable"), ("collections.abc", "Coroutine")})
"""Generic types that become their last argument."""

METHODS = {"aclose": "close", "asend": "send", "enter_async_context": "enter_context"}
"""Attributes of any object, and the functions that define them."""

ASYNC_WORDS = ("async", "await", *METHODS, *(name for _, name in (*RENAMES, *UNWRAPPED)))
"""A source without any of these has nothing to convert."""


class ConversionError(ValueError):
    """A source that cannot be converted; `line` counts from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class Import(NamedTuple):
    """`import module [as alias]`, or `from module import name [as alias]`; dots lead `module`."""

    module: str
    name: str | None = None
    alias: str | None = None

    @property
    def local(self) -> str:
        return self.alias or self.name or self.module.partition(".")[0]


@dataclass(frozen=True)
class Target:
    """What to convert to: sync code or not, and the real name of `package_name`."""

    is_sync: bool
    package: str

    def changed(self, item: Import, line: int) -> Import | None:
        """Return what takes the place of an import; None when nothing does."""
        if self.is_sync:
            if (item.module, item.name) in UNWRAPPED:
                return None
            item = _sync(item, line)
        root, dot, rest = item.module.partition(".")
        return item._replace(module=f"{self.package}{dot}{rest}") if root == PACKAGE else item


def _sync(item: Import, line: int) -> Import:
    if target := RENAMES.get((item.module, item.name or "")):
        return Import(*target, item.alias)
    for old, new in MODULES.items():
        if item.name and (item.module == old or item.module.startswith(f"{old}.")):
            return item._replace(module=new + item.module.removeprefix(old))
    path = f"{item.module}.{item.name}" if item.name else item.module
    if "asyncio" in path.split("."):
        raise ConversionError(f"{path} has no sync counterpart", line)
    return item
