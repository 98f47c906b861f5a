"""How py-spy and memray are called, and what they write is read."""

import re
import shutil
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from time import sleep

from hotpath.profiling.formats import Format, render
from hotpath.profiling.profile import Clock, Frame, Stack
from hotpath.profiling.profiler import Subject
from hotpath.service import Service

_RATE = 100
"""Samples a second."""

_DEFAULT_S = 10.0
_FORMATS: dict[str, Format] = {".html": "html", ".json": "speedscope"}
_frame = re.compile(r"(.*) \((.*?)(?::(\d+))?\)").fullmatch


class NotProfiled(Exception):
    """Nothing could be profiled; the message says what to do."""


@dataclass(frozen=True)
class Target:
    """What is profiled: a command, as the words of its process, or a process that runs."""

    name: str
    command: Sequence[str]
    pid: int | None
    seconds: float | None

    @classmethod
    def of(
        cls, service: Service, words: Sequence[str] | None, pid: int | None, seconds: float | None
    ) -> "Target":
        """Return what the options of a command mean.

        Raises:
            NotProfiled: they name both, or neither.
        """
        if bool(words) == (pid is not None):
            raise NotProfiled(
                "Say what to profile: --pid and a process that runs, or -- and a command."
            )
        if pid is not None:
            return cls(f"process {pid}", (), pid, seconds or _DEFAULT_S)
        words = words or ()
        name = " ".join((service.distribution, *words))
        return cls(name, ("-m", service.package, *words), None, seconds)


def record_stacks(target: Target, clock: Clock, output: Path) -> None:
    """Have py-spy sample all threads of a process and of those it starts, 100 times a second.

    For "cpu" it samples who has the interpreter's lock: whether another thread of a busy event loop
    or pool computes or waits it gets wrong too often.

    Raises:
        NotProfiled: py-spy is not installed, or may not read the process.
    """
    format_ = _FORMATS.get(output.suffix)
    if format_ is None:
        raise NotProfiled(f"{output} must end in {' or '.join(_FORMATS)}.")
    program = _program("py-spy")
    options = ["--format", "raw", "--subprocesses", "--full-filenames", "--function"]
    options += ["--rate", str(_RATE), "--idle" if clock == "wall" else "--gil"]
    if target.seconds is not None:
        options += ["--duration", str(max(1, round(target.seconds)))]
    aim = ["--pid", str(target.pid)] if target.pid else ["--", sys.executable, *target.command]
    subject = Subject("command", target.name, clock)
    with TemporaryDirectory() as folder:
        raw = Path(folder) / "stacks"
        command = [program, "record", *options, "--output", str(raw), *aim]
        _run(command, raw, is_quiet=target.pid is not None)
        profile = subject.profile(_read_stacks(raw.read_text("utf-8", "replace")), 0.0)
    output.write_bytes(render(profile, format_))


_OF_NO_USE = re.compile(r"\s*$|\[Inferior|An unexpected error")


def trace_memory(target: Target, output: Path) -> None:
    """Have memray trace a command to its end, or a process for some seconds.

    Raises:
        NotProfiled: memray is not installed, or may not trace the process.
    """
    if output.suffix != ".html":
        raise NotProfiled(f"{output} must end in .html.")
    if find_spec("memray") is None:
        raise NotProfiled(_missing("memray"))
    memray = [sys.executable, "-m", "memray"]
    with TemporaryDirectory() as folder:
        trace = Path(folder) / "trace"
        if target.pid is None:
            _run([*memray, "run", "-q", "-o", str(trace), *target.command], trace, is_quiet=False)
        else:
            _attach(memray, target, trace)
        page = ["flamegraph", "-f", "--no-web", "-o", str(output), str(trace)]
        _run([*memray, *page], output, is_quiet=True)


def _attach(memray: Sequence[str], target: Target, trace: Path) -> None:
    if not (shutil.which("gdb") or shutil.which("lldb")):
        raise NotProfiled("memray attaches by a debugger: install gdb or lldb.")
    seconds = max(1, round(target.seconds or _DEFAULT_S))
    trace.touch(0o666)
    options = ["-o", str(trace), "-f", "--duration", str(seconds), "--verbose"]
    try:
        _run([*memray, "attach", *options, str(target.pid)], trace, is_quiet=True)
    except NotProfiled as error:  # a page of what the debugger did, and last why it ended
        lines = [line for line in str(error).splitlines() if not _OF_NO_USE.match(line)]
        raise NotProfiled(f"memray could not attach: {lines[-1] if lines else error}") from None
    sleep(seconds + 1)


def _program(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise NotProfiled(_missing(name))
    return found


def _missing(name: str) -> str:
    return f"{name} is not installed: `uv sync --group profile` installs it."


def _run(command: Sequence[str], written: Path, *, is_quiet: bool) -> None:
    """Run a profiler; Ctrl-C ends what it profiles, and it writes what it has."""
    stream = subprocess.PIPE if is_quiet else None
    process = subprocess.Popen(command, stdout=stream, stderr=stream, text=True)  # noqa: S603 - a profiler
    said: list[str] = []
    while process.returncode is None:
        with suppress(KeyboardInterrupt):
            said = [text or "" for text in process.communicate()]
    if not written.exists() or not written.stat().st_size:
        reason, _, _ = "".join(said).strip().partition("Stack backtrace:")
        raise NotProfiled(reason.strip() or f"{Path(command[0]).name} wrote nothing; see above.")


def _read_stacks(text: str) -> dict[Stack, float]:
    """Return seconds by stack from lines such as `main (a.py:1);run (b.py:7) 12`."""
    found: defaultdict[Stack, float] = defaultdict(float)
    for line in text.splitlines():
        stack, _, count = line.rpartition(" ")
        found[tuple(_read_frame(each) for each in stack.split(";"))] += int(count) / _RATE
    return found


def _read_frame(text: str) -> Frame:
    match = _frame(text)
    if match is None:
        return Frame(text, "", 0)
    name, file, line = match.groups()
    return Frame(name, file, int(line or 0))
