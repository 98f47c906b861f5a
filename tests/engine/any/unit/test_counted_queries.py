"""Counted statements are those of the block, not of what runs beside it."""

import asyncio
from threading import Thread

from hotpath.db.query_log import QueryLog
from hotpath.observability.metrics import Metrics
from hotpath.testing.queries import count_queries


def log_of_statements() -> QueryLog:
    return QueryLog(1.0, Metrics("shop"))


def test_tasks_beside_the_block_are_left_out_and_those_it_creates_are_counted() -> None:
    log = log_of_statements()

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


def test_threads_beside_the_block_are_left_out() -> None:
    log = log_of_statements()
    with count_queries() as of_all, count_queries(of_this_context=True) as own:
        thread = Thread(target=log.ended, args=("beside", 0.001, 1))
        thread.start()
        thread.join()
        log.ended("own", 0.001, 1)

    assert (of_all, own) == (["beside", "own"], ["own"])


def test_a_block_within_a_block_counts_for_both() -> None:
    log = log_of_statements()
    with count_queries(of_this_context=True) as outer:
        log.ended("before", 0.001, 1)
        with count_queries(of_this_context=True) as inner:
            log.ended("own", 0.001, 1)

    assert (outer, inner) == (["before", "own"], ["own"])
