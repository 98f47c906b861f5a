"""The command: `nox -s compare -- --help`."""

import argparse
import os
import shlex
import signal
import sys
from pathlib import Path

from stacks import ROOT

from .before import beside_earlier, ratios
from .cores import CompareError, choose_cores
from .history import append, line_of, summary
from .load import find_wrk
from .page import write_page
from .results import Results, read_results
from .rounds import WHOLE_ROUNDS, Comparison
from .shell import run
from .systems import SYSTEMS, chosen
from .workloads import WORKLOADS


def options(arguments: list[str]) -> argparse.Namespace:
    """Return what was asked for."""
    listed = "\n".join(f"  {s.id:20} {s.title}" for s in SYSTEMS)
    asked = "\n".join(f"  {w.id:20} {w.title}" for w in WORKLOADS.values())
    parser = argparse.ArgumentParser(
        prog="nox -s compare --",
        description=__doc__.splitlines()[0] if __doc__ else "",
        epilog=f"systems:\n{listed}\n\nworkloads:\n{asked}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--rounds", type=int, default=5, help="each system once per round")
    parser.add_argument("--seconds", type=int, default=2, help="of a workload in a round")
    parser.add_argument(
        "--only", nargs="+", default=[], help="ids of workloads; ids of systems, or parts of them"
    )
    parser.add_argument(
        "--out", type=Path, help="folder of the page, its plot and figures; docs/ if none is given"
    )
    parser.add_argument(
        "--before",
        metavar="COMMIT",
        help="measure only rendered services, beside those of a commit; prints ratios, no page",
    )
    parser.add_argument(
        "--page", action="store_true", help="make the page again from the figures that are there"
    )
    parser.add_argument(
        "--history", type=Path, metavar="FILE", help="add the ratios of this run, a line of JSON"
    )
    parser.add_argument(
        "--summary", type=Path, metavar="FILE", help="add the table of bars, as Markdown"
    )
    return parser.parse_args(arguments)


def main(arguments: list[str]) -> int:
    """Compare, and write the page."""
    given = options(arguments)
    out = given.out or (ROOT / ".cache" / "compare" if given.before else ROOT / "docs")
    figures = out / "benchmarks.json"
    try:
        if not given.page:
            find_wrk()
            cores = choose_cores(os.sched_getaffinity(0))
            os.sched_setaffinity(0, cores.others)
            command = shlex.join(["nox", "-s", "compare", *(["--", *arguments] * bool(arguments))])
            systems, workloads = chosen(given.only)
            if given.before:
                systems = beside_earlier(systems, given.before)
            comparison = Comparison(systems, workloads, cores, say)
            out.mkdir(parents=True, exist_ok=True)
            comparison.run(given.rounds, given.seconds, command, keep=figures)
        results = read_results(figures)
        if given.before:
            say("\n".join(ratios(results)))
            return 0
        write_page(results, out)
        keep(results, given.history, given.summary)
    except CompareError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print(f"Interrupted; {WHOLE_ROUNDS}", file=sys.stderr)
        return 130
    say(f"Written: {os.path.relpath(out / 'benchmarks.md')}")
    return 0


def keep(results: Results, history: Path | None, page: Path | None) -> None:
    """Add to the files that were asked for."""
    if history:
        append(line_of(results, run(ROOT, "git", "rev-parse", "HEAD").strip()), history)
    if page:
        append(summary(results), page)


def say(text: str) -> None:
    print(text, flush=True)


def end_as_ctrl_c(*_: object) -> None:
    """Clean up, once: what follows does not disturb it."""
    for number in ENDS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

if __name__ == "__main__":
    for end in ENDS:
        signal.signal(end, end_as_ctrl_c)
    sys.exit(main(sys.argv[1:]))
