"""Counted statements are those of a block and of its tasks, not of tasks that run beside."""

import asyncio

from hotpath.db.query_log import QueryLog
from hotpath.observability.metrics import Metrics
from hotpath.testing.queries import count_queries


def test_tasks_beside_the_block_are_left_out_and_those_it_creates_are_counted() -> None:
    log = QueryLog(1.0, Metrics("shop"))

    async def send(text: str, when: asyncio.Event) -> None:
        await when.wait()
        log.ended(text, 0.001, 1)

    async def count() -> tuple[list[str], list[str]]:
        when = asyncio.Event()
        beside = asyncio.create_task(send("beside", when))
        with count_queries() as of_all, count_queries(of_this_context=True) as own:
            created = asyncio.create_task(send("created", when))
            when.set()
            await asyncio.gather(beside, created)
            log.ended("BEGIN", 0.001, 0)
            log.ended("own", 0.001, 1)
        log.ended("after", 0.001, 1)
        return of_all, own

    of_all, own = asyncio.run(count())

    assert (of_all, own) == (["beside", "created", "own"], ["created", "own"])
