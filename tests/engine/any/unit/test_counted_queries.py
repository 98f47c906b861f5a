"""Counted statements are those of the block, not of what runs beside it."""

from threading import Thread

from hotpath.db.query_log import QueryLog
from hotpath.observability.metrics import Metrics
from hotpath.testing.queries import count_queries


def log_of_statements() -> QueryLog:
    return QueryLog(1.0, Metrics("shop"))


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
