"""`docs/benchmarks.md` and its plot, made from the figures of a run alone."""

from pathlib import Path

from . import tables
from .plot import draw
from .results import Results
from .systems import SYSTEM_BY_ID
from .workloads import TABLE, WORKLOADS

TEMPLATE = """# Benchmarks

Written by a run on {date}; do not edit. Again: `{command}`. The figures of every round are in
`benchmarks.json`; `nox -s compare -- --page` makes this page from them.

{machine}

One worker on one core; load generator and databases on the others. {rounds} rounds of {seconds} s per
workload; in a round each system is started once with untouched data, warmed for a second and asked
all of its workloads, then the next system has its turn. Figures are medians. Every answer is
checked while loading: its status, and that it is about what was asked; a wrong one ends the run.

{workloads}

hotpath runs as rendered, everything on: metrics, request ids, timing headers, access log, slow-query
log, figures of pool and cache. W1 has a cache of one entry, so that the database is asked; in W2r
the table of the process has one entry, so that Redis is. What it is compared with is in
[tests/compare/peers](../tests/compare/peers): each a service as tutorials write it, with a pool of the
same size, no metrics, and Redis as its only cache, so its W2r is its W2. `fastapi_template` runs as
it is generated, with routes of users added as its own examples are. Litestar's is written as its docs
and those of advanced-alchemy show, with what they offer for speed, which is what somebody who wants
speed would take instead. The floor does nothing but answer.

## Is it as fast as it has to be?

Times as many requests a second as the baseline, in one run.

{bars}

{verdicts}

## Requests a second

![Requests a second of all systems](benchmarks.svg)

{throughput}

In brackets: the service used less than 85 % of its core, so the load generator or the database was the
limit. W5 counts requests of 1,000 users, W6 whole exports.

## CPU time of the service per request, µs

{cpu}

## Times the baselines

{ratios}

## Latency at full load, p50 / p99 in ms

{latency}

## Latency with room

The load of a fifth comes at random moments, whether earlier answers are there or not, and a request
counts from when it was due. Its sender is a small one of ours, as wrk cannot send at a rate.

{quiet}

## Memory and start

Of the worker, at rest after its first answers: RSS, and USS, which no other process shares. The time
is from the start of the command to the first 200.

{starts}

## Lines of source per entity

Of `users`: model, schemas, queries and routes, without migrations and the wiring of the service. Blank lines,
comments and docstrings do not count; imports do where the counted code uses them. hotpath's `users` has
more routes: they change and delete users, one or many, give figures and start a task. The first column is
without them, with what its list and its new users do besides: filters, orders, posts, addresses checked.

{sources}

## More workers

{workers}

{about_workers}

## Versions

{versions}
"""
FEW_CORES = (
    "Four workers need more than four cores beside the load, which this machine has not. Two workers "
    "share all cores with the load here: a lock or a file that both need on the way of a request would "
    "show as more CPU time per request."
)
MANY_CORES = (
    "CPU time per request shows what workers cost each other: a shared lock, a shared file."
)
TITLES = {
    "W1": "W1 by id",
    "W2": "W2 cached",
    "W2r": "W2r only in Redis",
    "W3": "W3 page of 50",
    "W4": "W4 create",
    "W5": "W5 bulk of 1,000",
    "W6": "W6 export",
    "W7": "W7 health",
}


def write_page(results: Results, folder: Path) -> None:
    """Write the page and its plot."""
    (folder / "benchmarks.md").write_text(page(results), "utf-8")
    (folder / "benchmarks.svg").write_text(plot(results), "utf-8")


def page(results: Results) -> str:
    """Return the page."""
    versions = (
        [name, ", ".join(f"{library} {version}" for library, version in found.items())]
        for name, found in results.versions.items()
    )
    verdicts = [*tables.latency_verdicts(results), *tables.start_verdicts(results)]
    cores = int(results.machine["cores"].partition(":")[0])
    return TEMPLATE.format(
        date=results.date,
        command=results.command,
        rounds=results.rounds,
        seconds=results.seconds,
        machine="\n".join(f"- {name}: {value}" for name, value in results.machine.items()),
        workloads="\n".join(f"- **{name}**: {WORKLOADS[name].title}" for name in TABLE),
        bars=tables.bars(results),
        verdicts="\n".join(f"- {said}" for said in verdicts),
        throughput=tables.throughput(results),
        cpu=tables.median_of(results, lambda run: run.cpu_us),
        ratios=tables.ratios(results),
        latency=tables.latency(results),
        quiet=tables.one_at_a_time(results),
        starts=tables.starts(results),
        sources=tables.sources(results),
        workers=tables.workers(results),
        about_workers=FEW_CORES if cores <= 4 else MANY_CORES,
        versions=tables.table(["environment", "libraries"], versions).replace("--:", "---"),
    )


def plot(results: Results) -> str:
    """Return the plot: a panel per workload."""
    systems = [system.id for system in tables.measured(results)]
    panels = []
    for name in TABLE:
        reached = {system: results.median(system, name) for system in systems}
        shown = {system: value for system, value in reached.items() if value is not None}
        panels.append((f"{TITLES[name]}, requests/s", shown))
    return draw(panels, {system: SYSTEM_BY_ID[system].kind for system in systems})
