"""What `copier update` runs before and after it: no edit of the user is lost silently.

Copier removes a file that the new version has no more, or has elsewhere, edited or not. It
overwrites files that git ignores or was told not to look at, and settings of git (`core.autocrlf`,
`apply.whitespace`, `status.showUntrackedFiles`) let its patch fail without a word. So the files
that an update may touch are saved in `.git` first, with what the old version rendered. Afterwards
an edit that is gone is merged again or, where that is impossible, kept as a patch and listed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import copier
import yaml
from plumbum import local

SOURCE = Path(__file__).resolve().parent.parent
SAVED = "before-update"
SIDES = ("mine", "old", "new")
CRLF, LF = b"\r\n", b"\n"
PLACEHOLDER = re.compile(r"\{\{\s*(\w+)\s*\}\}")
SIMILAR = "--find-renames=40%"
LISTED = (
    "Edits of yours found no place in the new version. Each is a patch beside where its file was:"
)


def main(stage: str, answers_file: str) -> None:
    saved = Path(git("rev-parse", "--absolute-git-dir").decode().strip(), SAVED)
    answers = yaml.safe_load(Path(answers_file).read_text("utf-8"))
    if stage == "before":
        shutil.rmtree(saved, ignore_errors=True)
        render(answers, answers_file, saved / "old")
        save({*files(saved / "old"), *renderable(answers)}, saved / "mine")
    else:
        render(answers, answers_file, saved / "new")
        if kept := list(keep(saved)):
            print("", LISTED, *(f"    {line}" for line in kept), sep="\n", file=sys.stderr)  # noqa: T201
        shutil.rmtree(saved)


def render(answers: dict[str, Any], answers_file: str, folder: Path) -> None:
    """Render the version that the answers name, from the clone of the template that is at hand."""
    with TemporaryDirectory() as temporary:
        template, project = Path(temporary, "template"), Path(temporary, "project")
        archive = ("archive", "--format=zip", f"--output={template}.zip", answers["_commit"])
        git(*archive, cwd=SOURCE)
        shutil.unpack_archive(f"{template}.zip", template)
        with local.env(PATH=""):  # Copier would ask git about the mode of every file
            copier.run_copy(
                str(template),
                project,
                data={name: value for name, value in answers.items() if not name.startswith("_")},
                answers_file=answers_file,
                defaults=True,
                unsafe=True,
                quiet=True,
                skip_tasks=True,
            )
        shutil.copytree(project, folder)


def renderable(answers: dict[str, Any]) -> Iterator[str]:
    """Return every path the new version may render, whatever is answered."""

    def answer(name: re.Match[str]) -> str:
        return str(answers[name[1]]) if name[1] == "package_name" else ""

    for path in files(SOURCE / "template"):
        parts = (PLACEHOLDER.sub(answer, part) for part in path.split("/"))
        yield "/".join(part for part in parts if part).removesuffix(".jinja")


def files(folder: Path) -> Iterator[str]:
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield path.relative_to(folder).as_posix()


def save(paths: set[str], folder: Path) -> None:
    """Copy those of the files that the project has, and what earlier updates rejected of them."""
    for path in paths | {f"{path}.rej" for path in paths}:
        if Path(path).is_file() and not Path(path).is_symlink():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, folder / path)


def keep(saved: Path) -> Iterator[str]:
    """Bring back edits that are gone; return a line for each that is in a patch now."""
    moved = moves(saved)
    for path in sorted(files(saved / "mine")):
        mine, old, new = (content(saved / side / path) for side in SIDES)
        now, rejected = content(Path(path)), f"{path}.rej"
        if mine in (old, new, now):
            continue
        if now is None:
            write_patch(saved, path)
            yield f"{rejected} (" + (
                f"moved, probably to {moved[path]})" if path in moved else "removed)"
            )
        elif content(Path(rejected)) != content(saved / "mine" / rejected):  # written by Copier
            yield f"{rejected} (conflicts)"
        elif now == new and not has_merged(saved, path):
            write_patch(saved, path)
            yield f"{rejected} (conflicts)"


def content(path: Path) -> bytes | None:
    """Return what is in a file, whatever ends its lines; None if there is no file."""
    return path.read_bytes().replace(CRLF, LF) if path.is_file() else None


def moves(saved: Path) -> dict[str, str]:
    """Return old path → new path of the files that the template moved."""
    options = (SIMILAR, "--diff-filter=R", "--name-status", "-z")
    fields = compare(saved, *options, "old", "new").decode().split("\0")[:-1]
    return {
        old.removeprefix("old/"): new.removeprefix("new/")
        for old, new in zip(fields[1::3], fields[2::3], strict=True)
    }


def has_merged(saved: Path, path: str) -> bool:
    """Merge an edit that Copier lost into the new version; return False at a conflict."""
    with TemporaryDirectory() as folder:
        for side in SIDES:
            Path(folder, side).write_bytes(content(saved / side / path) or b"")
        merge = ("merge-file", "--stdout", "mine", "old", "new")
        done = run(*merge, cwd=Path(folder))
    if done.returncode:
        return False
    ends_in_crlf = CRLF in Path(path).read_bytes()
    Path(path).write_bytes(done.stdout.replace(LF, CRLF) if ends_in_crlf else done.stdout)
    return True


def write_patch(saved: Path, path: str) -> None:
    """Write the edit for `git apply` and `patch`, binary files included."""
    (saved / "old" / path).parent.mkdir(parents=True, exist_ok=True)
    (saved / "old" / path).touch()  # nothing of it if the file is the user's own
    edited = saved / "edited" / path
    edited.parent.mkdir(parents=True, exist_ok=True)
    edited.write_bytes(as_rendered(saved / "mine" / path))
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(f"{path}.rej").write_bytes(compare(saved, "--binary", f"old/{path}", f"edited/{path}"))


def as_rendered(path: Path) -> bytes:
    """Return what is in a file, a text with lines that end as those of the template do."""
    data = path.read_bytes()
    return data if b"\0" in data else data.replace(CRLF, LF)


def compare(saved: Path, *arguments: str) -> bytes:
    """Compare as nobody has configured it: neither for this user nor for this repository."""
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("GIT_")},
        "GIT_CEILING_DIRECTORIES": str(saved.parent),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    done = run("diff", "--no-index", "--no-prefix", *arguments, cwd=saved, env=environment)
    if done.returncode > 1:  # 1 says that they differ
        sys.exit(done.stderr.decode(errors="replace"))
    return done.stdout


def git(*arguments: str, cwd: Path | None = None) -> bytes:
    done = run(*arguments, cwd=cwd)
    if done.returncode:
        sys.exit(done.stderr.decode(errors="replace"))
    return done.stdout


def run(*arguments: str, **options: Any) -> subprocess.CompletedProcess[bytes]:
    program = shutil.which("git") or "git"
    return subprocess.run([program, *arguments], capture_output=True, check=False, **options)  # noqa: S603


if __name__ == "__main__":
    main(*sys.argv[1:])
