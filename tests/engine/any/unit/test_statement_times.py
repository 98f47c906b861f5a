"""What statements took: each is counted, and few are kept."""

from concurrent.futures import ThreadPoolExecutor

from hotpath.observability.statements import MAX_TEXT, Statements

THREADS, TIMES = 8, 5000


def test_every_statement_of_every_thread_is_counted() -> None:
    statements = Statements()

    def run(number: int) -> None:
        for _ in range(TIMES):
            statements.add(f"SELECT {number % 2}", 0.001 * (number + 1))

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(run, range(THREADS)))

    (_, longest), (_, shortest) = statements.longest(5)
    assert sum(longest.seconds.counts) == sum(shortest.seconds.counts) == THREADS // 2 * TIMES
    assert (longest.max_s, shortest.max_s) == (0.008, 0.007)


def test_those_that_took_least_are_dropped_when_there_are_too_many() -> None:
    statements = Statements(max_statements=10)
    for number in range(100):
        statements.add("SELECT important", 1.0)
        statements.add(f"SELECT {number}", 0.001)

    kept = statements.longest(100)

    assert len(kept) <= 10
    text, times = kept[0]
    assert (text, sum(times.seconds.counts)) == ("SELECT important", 100)


def test_a_long_text_is_not_kept_whole() -> None:
    statements = Statements()
    statements.add("x" * MAX_TEXT * 3, 1.0)
    statements.add("x" * MAX_TEXT * 2, 1.0)

    [(text, times)] = statements.longest(5)

    assert len(text) == MAX_TEXT
    assert sum(times.seconds.counts) == 2
