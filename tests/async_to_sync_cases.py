"""Sources for the conversion: what becomes what, what stays, and what is refused."""

CONVERSIONS: dict[str, tuple[str, str]] = {
    "keywords go, comments and strings stay": (
        """\
async def load(rows):
    # await is a word here
    async with rows as opened, opened.lock:
        async for row in opened:  # async too
            await row.save("await")
    return [await row async for row in rows]
""",
        """\
def load(rows):
    # await is a word here
    with rows as opened, opened.lock:
        for row in opened:  # async too
            row.save("await")
    return [row for row in rows]
""",
    ),
    "parentheses that only await needed go": (
        """\
async def first(rows):
    if not (await rows.all()).empty:
        return -(await rows.all())[0]
    return rows.print(await rows.count())
""",
        """\
def first(rows):
    if not rows.all().empty:
        return -rows.all()[0]
    return rows.print(rows.count())
""",
    ),
    "methods are renamed where they are called and defined": (
        """\
class Rows:
    async def aclose(self):
        await self.stack.enter_async_context(self.rows.aclose)
""",
        """\
class Rows:
    def close(self):
        self.stack.enter_context(self.rows.close)
""",
    ),
    "imports go to their new section, and modules move with all they hold": (
        """\
import time
from asyncio import Lock

import redis
from redis.asyncio import BlockingConnectionPool, Redis
from redis.asyncio.retry import Retry
from redis.exceptions import RedisError

lock = Lock()
client = Redis(BlockingConnectionPool(), Retry, RedisError, redis, time.monotonic())
""",
        """\
import time
from threading import Lock

import redis
from redis import BlockingConnectionPool, Redis
from redis.exceptions import RedisError
from redis.retry import Retry

lock = Lock()
client = Redis(BlockingConnectionPool(), Retry, RedisError, redis, time.monotonic())
""",
    ),
    "imports with an alias keep it": (
        """\
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine as Opened

from ..far import x2, x10
from .near import y

Used = [select, Opened, x2, x10, y]
""",
        """\
from sqlalchemy import Engine as Opened
from sqlalchemy import select

from ..far import x2, x10
from .near import y

Used = [select, Opened, x2, x10, y]
""",
    ),
    "imports around one with an alias are merged": (
        """\
from sqlalchemy import Dialect as Opened
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

Used = [Opened, AsyncConnection, AsyncEngine]
""",
        """\
from sqlalchemy import Connection, Engine
from sqlalchemy import Dialect as Opened

Used = [Opened, Connection, Engine]
""",
    ),
    "the engine's modules move, and are a third party's in a project": (
        """\
from hotpath.aio import resources
from hotpath.aio.cache.cache import Cache
from hotpath.asgi.app import Application
from hotpath.settings import Settings
from pydantic import BaseModel

from .features import FEATURES

Used = [BaseModel, resources, Cache, Application, Settings, FEATURES]
""",
        """\
from hotpath.blocking import resources
from hotpath.blocking.cache.cache import Cache
from hotpath.settings import Settings
from hotpath.wsgi.app import Application
from pydantic import BaseModel

from .features import FEATURES

Used = [BaseModel, resources, Cache, Application, Settings, FEATURES]
""",
    ),
    "modules that are named in full are renamed where they are used": (
        """\
import hotpath.aio.cache.cache
import hotpath.aio.reports as told
import redis.asyncio
from hotpath import aio
from hotpath.aio.db.database import Database

x = hotpath.aio.cache.cache.open_cache(aio.reports, told)
redis.asyncio.Redis, other.hotpath.aio, Database, hotpath.settings
""",
        """\
import hotpath.blocking.cache.cache
import hotpath.blocking.reports as told
import redis
from hotpath import blocking
from hotpath.blocking.db.database import Database

x = hotpath.blocking.cache.cache.open_cache(blocking.reports, told)
redis.Redis, other.hotpath.aio, Database, hotpath.settings
""",
    ),
    "awaitable types become what they give": (
        """\
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Final

Load = Callable[[int], Awaitable[list[Awaitable[bytes | None]]]]
RUN: Final = Callable[[], Coroutine[Any, Any, dict[str, int]]]
""",
        """\
from collections.abc import Callable
from typing import Final

Load = Callable[[int], list[bytes | None]]
RUN: Final = Callable[[], dict[str, int]]
""",
    ),
    "moved imports are merged, sorted and on one line where they fit": (
        """\
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager

from sqlalchemy import URL, CursorResult, select
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    create_async_engine,
)
from sqlalchemy.orm import DeclarativeBase

from .settings import Settings

Opened = [AsyncIterator, Callable, AsyncExitStack, asynccontextmanager]
Used = [AsyncEngine, AsyncConnection]
Used = [URL, CursorResult, select, AsyncSession, create_async_engine]
Kept = [DeclarativeBase, Settings]
""",
        """\
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

from sqlalchemy import URL, Connection, CursorResult, Engine, create_engine, select
from sqlalchemy.orm import DeclarativeBase, Session

from .settings import Settings

Opened = [Iterator, Callable, ExitStack, contextmanager]
Used = [Engine, Connection]
Used = [URL, CursorResult, select, Session, create_engine]
Kept = [DeclarativeBase, Settings]
""",
    ),
    "imports that no longer fit are wrapped": (
        """\
from sqlalchemy import aaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbb, ccccccccccccccccccccc
from sqlalchemy.ext.asyncio import AsyncEngine

Used = [aaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbb, ccccccccccccccccccccc, AsyncEngine]
""",
        """\
from sqlalchemy import (
    Engine,
    aaaaaaaaaaaaaaaaaaaaaaa,
    bbbbbbbbbbbbbbbbbbbbbbbb,
    ccccccccccccccccccccc,
)

Used = [aaaaaaaaaaaaaaaaaaaaaaa, bbbbbbbbbbbbbbbbbbbbbbbb, ccccccccccccccccccccc, Engine]
""",
    ),
    "a block for types is sorted like any other": (
        """\
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Row
    from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession


def rows(engine: AsyncEngine, session: AsyncSession) -> Row: ...
""",
        """\
from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sqlalchemy import Engine, Row
    from sqlalchemy.orm import Session


def rows(engine: Engine, session: Session) -> Row: ...
""",
    ),
    "only what the import binds is renamed": (
        """\
from sqlalchemy.ext.asyncio import AsyncSession


async def open_session(make, other):
    \"\"\"AsyncSession\"\"\"
    make(AsyncSession=other.AsyncSession, aclose=1)
    return "é", AsyncSession
""",
        """\
from sqlalchemy.orm import Session


def open_session(make, other):
    \"\"\"AsyncSession\"\"\"
    make(AsyncSession=other.AsyncSession, aclose=1)
    return "é", Session
""",
    ),
    "what fits again is joined": (
        """\
from collections.abc import Awaitable, Callable


async def load(
    self, keys_of_everything, load_many_of_them, settings_of_the_database, metrics_of_it, *rest
):
    rows = await self.session.execute(
        select(load_many_of_them).where(self.keys_of_all.in_(keys_of_everything))
    )
    if (
        await self.is_known(keys_of_everything, load_many_of_them, self)
        and await rows.are_all_fresh_enough()
    ):
        return None
    return Resources(
        database=await self.stack.enter_async_context(
            open_database(settings_of_the_database, metrics_of_it)
        ),
    )


async def get(
    self, key: str, load_rows_by_key: Callable[[], Awaitable[bytes | None]]
) -> bytes | None:
    return await load_rows_by_key()
""",
        """\
from collections.abc import Callable


def load(
    self, keys_of_everything, load_many_of_them, settings_of_the_database, metrics_of_it, *rest
):
    rows = self.session.execute(
        select(load_many_of_them).where(self.keys_of_all.in_(keys_of_everything))
    )
    if self.is_known(keys_of_everything, load_many_of_them, self) and rows.are_all_fresh_enough():
        return None
    return Resources(
        database=self.stack.enter_context(open_database(settings_of_the_database, metrics_of_it)),
    )


def get(self, key: str, load_rows_by_key: Callable[[], bytes | None]) -> bytes | None:
    return load_rows_by_key()
""",
    ),
}

SYNC_SOURCES = {
    "sync code": "import os\nfrom typing import (\n    Any,\n)\n\nx: Any = f'{os.sep!r:>{3}}'\n",
    "modules in text": '"""See hotpath.aio.cache and"""\nx = "hotpath.aionian", "hotpath.aio/x"\n',
    "words in text": "x = 'await', f'async {1}'  # await\n",
    "no newline at the end": "x = 1",
    "nothing": "",
    "names of the tables": "def close(aclose, anext):\n    return anext(aclose.Lock)\n",
}

REFUSED: dict[str, tuple[str, int, str]] = {
    "await in an f-string": ("async def f(x):\n    return f'{await x}'\n", 2, "f-string"),
    "async in an f-string": ("async def f(x):\n    return f'{[y async for y in x]}'\n", 2, "f-str"),
    "a renamed method in an f-string": (
        "def f(x):\n    return (\n        f'{x.aclose}')\n",
        3,
        "'aclose' inside",
    ),
    "a renamed name in an f-string": (
        "from sqlalchemy.ext.asyncio import AsyncSession\n\nf'{1:{AsyncSession}}'\n",
        3,
        "'AsyncSession' inside",
    ),
    "the package in an f-string": ("import package_name\n\nf'{package_name}'\n", 3, "inside"),
    "asyncio itself": ("import time\nimport asyncio\n", 2, "asyncio has no sync"),
    "a module below asyncio": ("import zmq.asyncio\n", 1, "zmq.asyncio has no sync"),
    "a module that moves, in an f-string": (
        "import hotpath.aio.cache\n\nf'{hotpath.aio.cache}'\n",
        3,
        "'aio' inside",
    ),
    "a module that moves, in a string": (
        "import_module(\n    'hotpath.aio.cache')\n",
        2,
        "'hotpath.aio.cache' in a string",
    ),
    "an unknown name of asyncio": ("from asyncio import timeout\n\ntimeout(1)\n", 1, "o.timeout"),
    "a name that is taken": (
        "from sqlalchemy.ext.asyncio import AsyncSession\n\nSession = AsyncSession\n",
        1,
        "'Session' is in use",
    ),
    "a name that is imported already": (
        "from requests import Session\n"
        "from sqlalchemy.ext.asyncio import AsyncSession\n\nx = Session, AsyncSession\n",
        2,
        "'Session' is in use",
    ),
    "a comment among changed imports": (
        "from contextlib import (\n    AsyncExitStack,  # why\n)\n\nx = AsyncExitStack\n",
        1,
        "comment",
    ),
    "imports of which nothing is left": ("from collections.abc import Awaitable\n", 1, "no import"),
    "no Python": ("async def f(:\n    pass\n", 1, "invalid syntax"),
}
