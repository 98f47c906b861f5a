"""What a name becomes: the tables of async names, and the rules by which imports and names change.

Add a line here when a source uses a new async name. Nothing here knows where in a file a name is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
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
    ("sqlalchemy.ext.asyncio", "AsyncConnection"): ("sqlalchemy", "Connection"),
    ("sqlalchemy.ext.asyncio", "AsyncEngine"): ("sqlalchemy", "Engine"),
    ("sqlalchemy.ext.asyncio", "AsyncSession"): ("sqlalchemy.orm", "Session"),
    ("sqlalchemy.ext.asyncio", "create_async_engine"): ("sqlalchemy", "create_engine"),
}
"""(module, name) as imported by `from module import name` → (module, name)."""

MODULES = {
    "redis.asyncio": "redis",
    "hotpath.aio": "hotpath.blocking",
    "hotpath.asgi": "hotpath.wsgi",
}
"""Modules that move with all their names and submodules."""

UNWRAPPED = frozenset({("collections.abc", "Awaitable"), ("collections.abc", "Coroutine")})
"""Generic types that become their last argument."""

METHODS = {"aclose": "close", "asend": "send", "enter_async_context": "enter_context"}
"""Attributes of any object, and the functions that define them."""

ASYNC_WORDS = (
    "async",
    "await",
    *(module.rpartition(".")[2] for module in MODULES),
    *METHODS,
    *(name for _, name in (*RENAMES, *UNWRAPPED)),
)
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

    @property
    def is_whole(self) -> bool:
        """Tell whether code names the module in full: `import a.b`, then `a.b.c`."""
        return self.name is None and self.alias is None


@dataclass(frozen=True)
class Target:
    """What to convert to: sync code or not, and the real name of `package_name`."""

    is_sync: bool
    package: str
    chosen: Mapping[tuple[str, str], str] = field(default_factory=dict)
    """(module, name) as imported → another name of that module, which the stack has chosen."""

    def changed(self, item: Import, line: int) -> Import | None:
        """Return what takes the place of an import; None when nothing does."""
        if self.is_sync:
            if (item.module, item.name) in UNWRAPPED:
                return None
            item = _sync(item, line)
        if name := self.chosen.get((item.module, item.name or "")):
            item = item._replace(name=name)
        root, dot, rest = item.module.partition(".")
        return item._replace(module=f"{self.package}{dot}{rest}") if root == PACKAGE else item


def _sync(item: Import, line: int) -> Import:
    if target := RENAMES.get((item.module, item.name or "")):
        return Import(*target, item.alias)
    path = f"{item.module}.{item.name}" if item.name else item.module
    if path in MODULES:
        module, _, name = MODULES[path].rpartition(".")
        if item.name and module:
            return Import(module, name, item.alias)
        return Import(MODULES[path], None, None if item.alias == MODULES[path] else item.alias)
    if old := moved(item.module):
        return item._replace(module=MODULES[old] + item.module.removeprefix(old))
    if "asyncio" in path.split("."):
        raise ConversionError(f"{path} has no sync counterpart", line)
    return item


def moved(path: str) -> str | None:
    """Return which of `MODULES` a module is or is in."""
    return next((old for old in MODULES if f"{path}.".startswith(f"{old}.")), None)
