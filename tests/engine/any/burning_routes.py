"""Routes that burn CPU: a feature that `profiles.py` adds to a copy of the service."""

from hotpath.asgi import Response, Router, hot, render_json
from hotpath.profiling.decorator import profiled

from .waiting import aside, wait

LONGER = 300_000
"""Rounds that take longer than a wait, even where another thread keeps the interpreter 5 ms."""

router = Router(include_in_schema=False)


def burn(rounds: int = 60_000) -> int:
    """Burn 2 ms."""
    total = 0
    for number in range(rounds):
        total += number
    return total


def simmer() -> int:
    total = 0
    for number in range(15_000):
        total += number
    return total


@router.get("/burn")
async def read_burn() -> Response:
    burn(LONGER)
    await wait(0.002)
    return render_json(b"1")


@router.get("/burn/hot")
@hot
async def read_burn_hot() -> Response:
    burn(LONGER)
    await wait(0.002)
    return render_json(b"1")


@router.get("/simmer")
async def read_simmer() -> Response:
    simmer()
    await wait(0.001)
    return render_json(b"1")


@router.get("/nap")
async def read_nap() -> Response:
    await wait(1.0)
    return render_json(b"1")


@router.get("/slow")
async def read_slow() -> Response:
    await wait_for_others()
    burn(600_000)
    return render_json(b"1")


async def wait_for_others() -> None:
    await wait(0.3)


@router.get("/aside")
async def read_aside() -> Response:
    await aside(burn, 600_000)
    return render_json(b"1")


@profiled
async def investigated(depth: int) -> int:
    await wait(0)
    if depth:
        return await investigated(depth - 1)
    return burn()


@router.get("/investigated")
async def read_investigated() -> Response:
    await investigated(2)
    return render_json(b"1")
