"""The floor: a bare ASGI callable. No framework, no validation, no logs, no metrics, no limits.

Users are looked up in batches over held connections with prepared statements; with `BATCHED=0` one
by one, which is faster for one client alone.
"""

import asyncio
import os
from collections.abc import Awaitable, Callable, Iterable
from datetime import UTC, datetime
from typing import Any

import asyncpg
import msgspec
from batching import Lookups
from redis.asyncio import Redis

Send = Callable[[dict[str, Any]], Awaitable[None]]
# region users
COLUMNS = "id, email, name, status, created_at"
ONE = f"SELECT {COLUMNS} FROM users WHERE id = $1"
MANY = f"SELECT {COLUMNS} FROM users WHERE id = ANY($1::bigint[])"
PAGE = f"SELECT {COLUMNS} FROM users WHERE id > $1 ORDER BY id LIMIT $2"
INSERT = (
    "INSERT INTO users (email, name, status, created_at) VALUES ($1, $2, 'active', $3) "
    f"RETURNING {COLUMNS}"
)
# endregion
CONNECTIONS = 15
HEADERS = [(b"content-type", b"application/json")]
encode = msgspec.json.Encoder().encode


# region users
class NewUser(msgspec.Struct):
    email: str
    name: str


read_new_user = msgspec.json.Decoder(NewUser).decode
read_new_users = msgspec.json.Decoder(list[NewUser]).decode


class Held:
    """A connection that is never given back, with its statements prepared."""

    async def open(self) -> "Held":
        self.connection = await asyncpg.connect(os.environ["DATABASE_URL"])
        self.one, self.many, self.page, self.insert = [
            await self.connection.prepare(query) for query in (ONE, MANY, PAGE, INSERT)
        ]
        return self


# endregion


class Floor:
    """What the process shares."""

    async def open(self) -> None:
        self.free: asyncio.Queue[Held] = asyncio.Queue()
        for _ in range(CONNECTIONS):
            self.free.put_nowait(await Held().open())
        self.redis = Redis.from_url(os.environ["REDIS_URL"])
        self.kept: dict[int, bytes] = {}
        batched = Lookups(self.load_many)
        self.load = batched.load if os.environ.get("BATCHED", "1") == "1" else self.load_one

    # region users
    async def load_one(self, user_id: int) -> bytes:
        held = await self.free.get()
        try:
            return encode(dict(await held.one.fetchrow(user_id)))
        finally:
            self.free.put_nowait(held)

    async def load_many(self, ids: Iterable[int]) -> dict[int, bytes]:
        held = await self.free.get()
        try:
            return {row[0]: encode(dict(row)) for row in await held.many.fetch(list(ids))}
        finally:
            self.free.put_nowait(held)

    async def load_kept(self, user_id: int) -> bytes:
        body = self.kept.get(user_id)
        if body is None:
            body = self.kept[user_id] = await self.load(user_id)
        return body

    async def load_from_redis(self, user_id: int) -> bytes:
        body: bytes | None = await self.redis.get(f"user:{user_id}")
        if body is None:
            body = await self.load(user_id)
            await self.redis.set(f"user:{user_id}", body)
        return body

    async def page(self, after: int, limit: int) -> bytes:
        held = await self.free.get()
        try:
            return encode({"items": [dict(row) for row in await held.page.fetch(after, limit)]})
        finally:
            self.free.put_nowait(held)

    async def create(self, body: bytes) -> bytes:
        user = read_new_user(body)
        held = await self.free.get()
        try:
            return encode(dict(await held.insert.fetchrow(user.email, user.name, now())))
        finally:
            self.free.put_nowait(held)

    async def create_many(self, body: bytes) -> bytes:
        moment = now()
        users = [(user.email, user.name, "active", moment) for user in read_new_users(body)]
        held = await self.free.get()
        try:
            columns = ["email", "name", "status", "created_at"]
            await held.connection.copy_records_to_table("users", records=users, columns=columns)
        finally:
            self.free.put_nowait(held)
        return encode({"inserted": len(users)})

    async def export(self, send: Send) -> None:
        """Send all users as lines, a thousand at a time."""
        await send({"type": "http.response.start", "status": 200, "headers": HEADERS})
        held = await self.free.get()
        try:
            after = 0
            while rows := await held.page.fetch(after, 1000):
                after = rows[-1][0]
                lines = b"".join([encode(dict(row)) + b"\n" for row in rows])
                await send({"type": "http.response.body", "body": lines, "more_body": True})
        finally:
            self.free.put_nowait(held)
        await send({"type": "http.response.body", "body": b""})

    # endregion


floor = Floor()


def now() -> datetime:
    return datetime.now(UTC)


async def read_body(receive: Callable[[], Awaitable[dict[str, Any]]]) -> bytes:
    parts = []
    while True:
        message = await receive()
        parts.append(message.get("body", b""))
        if not message.get("more_body"):
            return b"".join(parts)


# region users
async def answer(scope: dict[str, Any], receive: Any) -> tuple[int, bytes]:
    path: str = scope["path"]
    if path.startswith("/users/") and path[7:].isdigit():
        return 200, await floor.load(int(path[7:]))
    if path.startswith("/cached/users/"):
        return 200, await floor.load_kept(int(path[14:]))
    if path.startswith("/redis/users/"):
        return 200, await floor.load_from_redis(int(path[13:]))
    if path == "/users" and scope["method"] == "POST":
        return 201, await floor.create(await read_body(receive))
    if path == "/users":
        query = dict(pair.split("=") for pair in scope["query_string"].decode().split("&"))
        return 200, await floor.page(int(query["after"]), int(query["limit"]))
    if path == "/users/bulk":
        return 201, await floor.create_many(await read_body(receive))
    return (200, b'{"status":"ok"}') if path == "/healthz" else (404, b"{}")


# endregion


async def app(scope: dict[str, Any], receive: Any, send: Send) -> None:
    if scope["type"] == "lifespan":
        await receive()
        await floor.open()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
    elif scope["path"] == "/users/export":
        await floor.export(send)
    else:
        status, body = await answer(scope, receive)
        await send({"type": "http.response.start", "status": status, "headers": HEADERS})
        await send({"type": "http.response.body", "body": body})
