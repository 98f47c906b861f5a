"""Check that a version can be released and, with `--tag`, make its tag here; never push it.

The version stands in the engine's `pyproject.toml` alone, what is new in `CHANGELOG.md`. Copier
takes the newest tag, so the tag is the release. Needs git and the standard library.
"""

from __future__ import annotations

import argparse
import datetime as dt
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path

ENGINE = Path("template", "vendor", "hotpath", "pyproject.toml")
VERSION = re.compile(r"(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)\Z")
SECTION = re.compile(r"^## (?P<title>.+)\n(?P<text>(?:(?!## ).*\n?)*)", re.MULTILINE)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("version", help="three numbers, such as 1.2.0")
    parser.add_argument("--tag", action="store_true", help="make the annotated tag")
    arguments = parser.parse_args()
    version: str = arguments.version
    sections = {found["title"]: found["text"] for found in SECTION.finditer(_changelog())}
    if found := list(problems(version, sections)):
        sys.stderr.writelines(f"{problem}\n" for problem in found)
        return 1
    if arguments.tag:
        notes = next(text for title, text in sections.items() if _is_of(version, title))
        message = f"v{version}\n\n{notes.strip()}\n"
        git("tag", "--annotate", "--cleanup=verbatim", f"v{version}", "--message", message)
        say(f"v{version} is a tag here. Publish it: git push origin v{version}")
    else:
        say(f"v{version} can be released: once more with --tag makes the tag, here only.")
    return 0


def problems(version: str, sections: dict[str, str]) -> Iterator[str]:
    """Yield a sentence for each thing that is missing before a release."""
    if not VERSION.match(version):
        yield f"{version!r} is no version: three numbers are, such as 1.2.0."
        return
    if (written := tomllib.loads(ENGINE.read_text("utf-8"))["project"]["version"]) != version:
        yield f"{ENGINE.as_posix()} has the version {written}, not {version}: change it there."
    yield from changelog_problems(version, sections)
    if changed := git("status", "--porcelain"):
        yield f"Not everything is committed: {', '.join(changed.splitlines())}."
    tags = [tag.removeprefix("v") for tag in git("tag", "--list", "v*").split()]
    newest = max((tag for tag in tags if VERSION.match(tag)), key=_numbers, default="")
    if newest and _numbers(newest) >= _numbers(version):
        yield f"v{newest} is a tag already: a release needs a greater version than {newest}."


def changelog_problems(version: str, sections: dict[str, str]) -> Iterator[str]:
    titles = [title for title in sections if _is_of(version, title)]
    if list(sections)[:1] != ["Unreleased"]:
        yield 'CHANGELOG.md does not begin with "## Unreleased", where what comes next goes.'
    elif sections["Unreleased"].strip():
        yield 'CHANGELOG.md has something under "Unreleased": move it into the release or out.'
    if not titles:
        yield f'CHANGELOG.md has no section "## {version} (YYYY-MM-DD)".'
    elif list(sections).index(titles[0]) != 1:
        yield f'CHANGELOG.md has other versions above "## {titles[0]}": the newest is first.'
    elif not sections[titles[0]].strip():
        yield f'CHANGELOG.md says nothing under "## {titles[0]}".'
    for title in titles:
        date = title.removeprefix(version).strip(" ()")
        if not _is_past(date):
            yield f'"## {title}" of CHANGELOG.md needs a date that has come: ({_today()}).'


def _is_of(version: str, title: str) -> bool:
    return title.partition(" ")[0] == version


def _is_past(date: str) -> bool:
    try:
        return dt.date.fromisoformat(date) <= _today()
    except ValueError:
        return False


def _today() -> dt.date:
    return dt.datetime.now().astimezone().date()


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(map(int, version.split(".")))


def _changelog() -> str:
    return Path("CHANGELOG.md").read_text("utf-8")


def git(*arguments: str) -> str:
    program = shutil.which("git") or "git"
    done = subprocess.run([program, *arguments], capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(done.stderr)
    return done.stdout


def say(sentence: str) -> None:
    print(sentence)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
