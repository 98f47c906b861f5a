"""The tables of the page, each from what was measured; a system that was not is left out."""

from collections.abc import Callable, Iterable, Sequence

from .bars import BARS, judge
from .plot import short
from .results import Begin, Results, Run
from .systems import PEERS_OF_BARS, SYSTEMS, System
from .workloads import TABLE, WORKLOADS

NOTHING = "–"
FASTAPI_PEERS = ("fastapi_template", "typical_fastapi")
BASELINES = (
    ("the better FastAPI peer", FASTAPI_PEERS),
    ("the best of the three peers", PEERS_OF_BARS),
    ("Litestar + advanced-alchemy", ("litestar",)),
    ("the floor", ("floor",)),
)


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a Markdown table; the first column is text, the others are figures."""
    line = "|" + "|".join(["---", *["--:"] * (len(head) - 1)]) + "|"
    return "\n".join([_line(head), line, *map(_line, rows)])


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def measured(results: Results) -> list[System]:
    """Return the systems of the big tables."""
    return [s for s in SYSTEMS if s.kind != "aside" and s.id in {r.system for r in results.runs}]


def bars(results: Results) -> str:
    """Return which bars are met, and which are not."""
    rows = []
    for bar in BARS:
        verdicts = judge(results, bar)
        if any(verdict.reached is not None for verdict in verdicts.values()):
            cells = (str(verdicts[name]) if name in verdicts else NOTHING for name in TABLE)
            rows.append([bar.title, *cells])
    return table(["at least", *TABLE], rows)


def figures(results: Results, show: Callable[[str, str], str]) -> str:
    """Return a row per system and a column per workload."""
    rows = ([s.title, *(show(s.id, name) for name in TABLE)] for s in measured(results))
    return table(["system", *TABLE], rows)


def throughput(results: Results) -> str:
    """Return requests a second; in brackets where the service did not use its core up."""
    return figures(results, lambda system, name: _per_second(results, system, name))


def _per_second(results: Results, system: str, name: str) -> str:
    value = results.median(system, name)
    busy = results.median(system, name, lambda run: run.busy)
    if value is None or busy is None:
        return NOTHING
    return short(value) if busy >= 0.85 else f"({short(value)})"


def median_of(results: Results, take: Callable[[Run], float]) -> str:
    """Return the medians of one figure."""

    def show(system: str, name: str) -> str:
        value = results.median(system, name, take)
        return NOTHING if value is None else short(value)

    return figures(results, show)


def latency(results: Results) -> str:
    """Return p50 and p99."""

    def show(system: str, name: str) -> str:
        p50 = results.median(system, name, lambda run: run.p50_ms)
        p99 = results.median(system, name, lambda run: run.p99_ms)
        return NOTHING if p50 is None or p99 is None else f"{short(p50)} / {short(p99)}"

    return figures(results, show)


def ratios(results: Results) -> str:
    """Return how many times the baselines each of ours is."""
    rows = []
    for system in measured(results):
        if system.kind != "hotpath":
            continue
        for title, baselines in BASELINES:
            cells = [_times(results, system.id, baselines, name) for name in TABLE]
            rows.append([f"{system.title}, × {title}", *cells])
    return table(["", *TABLE], rows)


def _times(results: Results, system: str, baselines: tuple[str, ...], name: str) -> str:
    best = results.best(baselines, name)
    value = results.ratio(system, best, name) if best else None
    return NOTHING if value is None else f"{value:.2f}"


def one_at_a_time(results: Results) -> str:
    """Return the systems whose clients wait for each other: one connection, and a paced load."""
    rows = []
    for system in SYSTEMS:
        for name in ("one", "fifth"):
            of = [
                results.median(system.id, name, take)
                for take in (lambda r: r.per_second, lambda r: r.p50_ms, lambda r: r.p99_ms)
            ]
            shown = [short(value) for value in of if value is not None]
            if shown:
                rows.append([system.title, WORKLOADS[name].title, *shown])
    return table(["system", "load", "requests/s", "p50 ms", "p99 ms"], rows)


def latency_verdicts(results: Results) -> list[str]:
    """Return sentences about the bars of latency."""
    hot, floor = "asgi-postgres-hot", "floor"
    said = []
    p99 = [results.median(system, "fifth", lambda run: run.p99_ms) for system in (hot, floor)]
    if p99[0] and p99[1]:
        said.append(_verdict("p99 at a fifth of the peak", p99[0] / p99[1], 2.0, "the floor's"))
    p50 = [
        results.median(system, "one", lambda run: run.p50_ms) for system in (hot, "floor-unbatched")
    ]
    if p50[0] and p50[1]:
        said.append(_verdict("One request at a time", p50[0] / p50[1], 1.15, "the floor's"))
    return said


def start_verdicts(results: Results) -> list[str]:
    """Return sentences about the bars of memory and of the time to the first answer."""
    stack = "asgi-postgres-redis-none"
    figures: dict[str, Callable[[Begin], float]] = {
        "Time to the first 200": lambda start: start.first_200_s,
        "RSS": lambda start: start.rss_mb,
        "USS": lambda start: start.uss_mb,
    }
    said = []
    for what, take in figures.items():
        ours = results.start_of("asgi-postgres-hot", stack, take)
        theirs = results.start_of("same-libraries", stack, take)
        if ours and theirs:
            whose = "the typical FastAPI service's with the same libraries"
            said.append(_verdict(what, ours / theirs, 1.0, whose))
    return said


def _verdict(what: str, times: float, at_most: float, whose: str) -> str:
    word = "met" if times <= at_most else "**short**"
    return f"{what}: {times:.2f} × {whose}, at most {at_most:g}: {word}."


def starts(results: Results) -> str:
    """Return memory and time to the first answer of every way to start a system."""
    seen = dict.fromkeys((start.system, start.stack) for start in results.starts)
    rows = []
    for system, stack in seen:
        takes: tuple[Callable[[Begin], float], ...] = (
            lambda start: start.first_200_s * 1000,
            lambda start: start.rss_mb,
            lambda start: start.uss_mb,
        )
        shown = [short(results.start_of(system, stack, take) or 0) for take in takes]
        rows.append([f"{results.titles[system]} ({stack})", *shown])
    return table(["system", "first 200, ms", "RSS, MB", "USS, MB"], rows)


def sources(results: Results) -> str:
    """Return how many lines of source each system has for an entity."""
    rows = [
        [system.title, str(lines.asked), str(lines.all), str(lines.files)]
        for system in measured(results)
        if (lines := results.sources.get(system.id))
    ]
    return table(["system", "what the workloads ask for", "all of users", "files"], rows)


def workers(results: Results) -> str:
    """Return what a second worker does to the CPU time of a request."""
    rows = []
    for system in ("one-worker", "two-workers"):
        for name in ("W7", "W2"):
            rate = results.median(system, name)
            cpu_us = results.median(system, name, lambda run: run.cpu_us)
            if rate is not None and cpu_us is not None:
                rows.append([results.titles[system], name, short(rate), short(cpu_us)])
    return table(["system", "", "requests/s", "CPU µs"], rows)
