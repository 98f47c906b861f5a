"""Runs in the environment of a rendered project: its PostgreSQL and Valkey, for as long as we read.

A line in is an order, a line out its answer, both JSON. `seeded` freezes the data of the database
as they are; `fresh` makes a copy of them, in place of the one before, and empties Valkey.
"""

import asyncio
import json
import sys
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import asyncpg
from hotpath.service import Service
from hotpath_services.testing import temporary_services
from redis.asyncio import Redis

COPY = "compare_copy"


def named(url: str, database: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{database}"))


async def execute(url: str, *statements: str) -> None:
    connection = await asyncpg.connect(url)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def seeded(url: str, redis: str) -> dict[str, str]:
    """Leave the users only, at rest; return what serves them."""
    await execute(url, "TRUNCATE posts", "VACUUM (FULL, ANALYZE)", "CHECKPOINT")
    connection = await asyncpg.connect(url)
    version = await connection.fetchval("SHOW server_version")
    await connection.close()
    async with Redis.from_url(redis) as client:
        info: dict[str, Any] = await client.info("server")
    return {
        "PostgreSQL": version.split()[0],
        "Valkey": info.get("valkey_version") or info["redis_version"],
    }


async def fresh(url: str, redis: str) -> dict[str, str]:
    """Make the copy anew and empty Valkey; return where both are."""
    source = urlsplit(url).path.lstrip("/")
    await execute(
        named(url, "template1"),
        f"DROP DATABASE IF EXISTS {COPY} WITH (FORCE)",
        f'CREATE DATABASE {COPY} TEMPLATE "{source}"',
    )
    async with Redis.from_url(redis) as client:
        await client.flushall()
    return {"postgres": named(url, COPY), "redis": redis}


def main(package: str) -> None:
    service = Service(package)
    prefix = service.env_prefix
    with temporary_services(service) as variables:
        url, redis = variables[f"{prefix}DB__URL"], variables[f"{prefix}CACHE__URL"]
        print(json.dumps(variables), flush=True)
        for line in sys.stdin:
            order = {"seeded": seeded, "fresh": fresh}[json.loads(line)]
            print(json.dumps(asyncio.run(order(url, redis))), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
