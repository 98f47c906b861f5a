"""A process that starts to load a value for all others, and never ends: run by tests."""

import sys

from hotpath.aio.concurrency import Signal, run
from hotpath.observability.metrics import Metrics

from package_name.resources import open_resources
from package_name.settings import read_settings

LONG_S = 600.0


async def hang() -> bytes:
    """Say that the load has begun."""
    print("loading", flush=True)  # noqa: T201 - the test reads it
    await Signal().wait(LONG_S)
    return b"too late"


async def main(key: str) -> None:
    """Load `key`."""
    async with open_resources(read_settings(), Metrics("shop")) as resources:
        await resources.cache.get_or_load(key, hang, is_expensive=True)


if __name__ == "__main__":
    run(main(sys.argv[1]))
