"""How long a render and an update take, beside an empty template: what Copier itself costs.

`nox -s bench_render`. The systems take turns, so that a busy moment of the machine hits all.
"""

import os
import platform
import shutil
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from releases import Template, update
from renders import FastRenderer, files_of, render
from stacks import FULL_CORNER, ROOT, STACKS, read_questions

ROUNDS = 5
ANSWERS_FILE = "{{_copier_conf.answers_file}}.jinja"


def main() -> None:
    seconds: dict[tuple[str, str], list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory(prefix="bench_render.") as scratch:
        folder = Path(scratch)
        plain = {"empty template": empty_template(folder), "hotpath": this_template(folder)}
        tagged = {name: tag(folder, source) for name, source in plain.items()}
        projects = {
            name: template.copy(folder / f"project of {name}", answers(name))
            for name, template in tagged.items()
        }
        for turn in range(ROUNDS):
            for name, source in plain.items():
                new = folder / f"{name} {turn}"
                seconds["render", name].append(timed(render, source, new, answers(name)))
                seconds["update", name].append(timed(update, projects[name]))
            seconds["render", "all 16 stacks, as tests do it"].append(
                timed_matrix(plain["hotpath"])
            )
        files = len(files_of(folder / "hotpath 0"))
    show(seconds, files)


def answers(name: str) -> dict[str, object]:
    return FULL_CORNER.answers if name == "hotpath" else {}


def this_template(folder: Path) -> Path:
    source = folder / "hotpath"
    for part in ("extensions", "template"):
        ignored = shutil.ignore_patterns("__pycache__", ".*_cache")
        shutil.copytree(ROOT / part, source / part, ignore=ignored)
    shutil.copy(ROOT / "copier.yml", source)
    return source


def empty_template(folder: Path) -> Path:
    """Return a template with as many questions as ours and no file but the answers."""
    source = folder / "empty template"
    (source / "template").mkdir(parents=True)
    (source / "template" / ANSWERS_FILE).write_text("{{ _copier_answers | to_nice_yaml -}}\n")
    questions = (f"question_{n}: {{type: str, default: x}}\n" for n in range(len(read_questions())))
    (source / "copier.yml").write_text(f"_subdirectory: template\n{''.join(questions)}")
    return source


def tag(folder: Path, source: Path) -> Template:
    """Return a copy with a version, which an update needs."""
    return Template(shutil.copytree(source, folder / f"{source.name} tagged"))


def timed_matrix(source: Path) -> float:
    with tempfile.TemporaryDirectory(prefix="bench_render.") as scratch:
        return timed(render_matrix, source, Path(scratch))


def render_matrix(source: Path, folder: Path) -> None:
    renderer = FastRenderer(source)
    for stack in STACKS:
        renderer.render(folder / stack.id, stack.answers)


def timed(work: Callable[..., object], *arguments: object) -> float:
    start = time.perf_counter()
    work(*arguments)
    return time.perf_counter() - start


def show(seconds: dict[tuple[str, str], list[float]], files: int) -> None:
    print(f"{machine()}\nSeconds, median of {ROUNDS} (least to most); a project of {files} files\n")
    for (action, name), values in sorted(seconds.items()):
        spread = f"({min(values):.2f} to {max(values):.2f})"
        print(f"{action:8} {name:32} {statistics.median(values):6.2f} {spread}")


def machine() -> str:
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    return (
        f"{os.cpu_count()} cores, {platform.machine()}, load {load}, "
        f"Python {platform.python_version()}, Copier {version('copier')}"
    )


if __name__ == "__main__":
    main()
