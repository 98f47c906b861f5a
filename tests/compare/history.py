"""What a run says that another machine can be asked too: its ratios, as a line of JSON.

Requests a second are left out, as they are those of one machine on one day.
"""

import json
from collections.abc import Mapping
from pathlib import Path

from . import tables
from .bars import BARS, Bar, judge
from .results import Results

DIGITS = 3


def line_of(results: Results, commit: str) -> str:
    """Return the line: date, commit, machine, and how many times its baseline each bar reached."""
    bars = {bar.title: _reached(results, bar) for bar in BARS}
    whole = {
        "date": results.date,
        "commit": commit,
        "rounds": results.rounds,
        "seconds": results.seconds,
        "machine": results.machine,
        "bars": {title: reached for title, reached in bars.items() if reached},
    }
    return json.dumps(whole, ensure_ascii=False)


def _reached(results: Results, bar: Bar) -> Mapping[str, float]:
    verdicts = judge(results, bar).items()
    return {name: round(v.reached, DIGITS) for name, v in verdicts if v.reached is not None}


def summary(results: Results) -> str:
    """Return the table of bars with what it is about, as Markdown."""
    machine = "; ".join(f"{name} {value}" for name, value in results.machine.items())
    about = f"{results.rounds} rounds of {results.seconds} s, {results.date}. {machine}"
    return (
        f"## Times as many requests a second as the baseline\n\n{tables.bars(results)}\n\n{about}\n"
    )


def append(text: str, file: Path) -> None:
    """Add a line, or a page, to a file that is made if it is not there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a", encoding="utf-8") as kept:
        kept.write(f"{text}\n")
