"""Runs a benchmark of the engine, `tests/engine/*/bench/`, in a rendered project of a stack.

    python tests/engine_bench.py asgi-sqlite-redis-none shared_cache

They print tables; nothing fails because of a time. Beside ours are other libraries, as far as they
are installed: cashews, aiocache, dogpile.cache, aiodataloader and msgspec. `nox -s bench` installs
them.
"""

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import engine_runs
from renders import copy_template
from stacks import STACKS

STACK_IDS = [stack.id for stack in STACKS]
HELPERS = ("__init__", "peers", "place", "rounds")


def benchmarks(stack: str) -> list[str]:
    """Return the names of the benchmarks that a stack has."""
    laid = (place for _, place in engine_runs.laid(stack, is_whole=True))
    return sorted(
        place.stem for place in laid if place.parent.name == "bench" and place.stem not in HELPERS
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("stack", choices=STACK_IDS, metavar="STACK", help=", ".join(STACK_IDS))
    parser.add_argument("name", help="of a benchmark, such as cache")
    parser.add_argument("options", nargs="*", help="of the benchmark")
    options = parser.parse_args()
    names = benchmarks(options.stack)
    if options.name not in names:
        parser.error(f"{options.stack} has no benchmark {options.name}: it has {', '.join(names)}")
    with tempfile.TemporaryDirectory() as template:
        folder = engine_runs.RUNS / f"{options.stack}-bench"
        engine_runs.prepare(options.stack, copy_template(Path(template)), folder)
    command = [sys.executable, "-m", f"tests.bench.{options.name}", *options.options]
    environment = engine_runs.environment(folder)
    return subprocess.run(command, cwd=folder, env=environment, check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
