"""What a change of the template does to projects: two opposite corners file by file, lists for all.

The engine is copied as it is, so it is left out.

A difference is not always a mistake; it has to be looked at. `nox -s goldens` accepts it.
"""

import difflib
import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from renders import files_of, own_files_of
from stacks import BARE_CORNER, FULL_CORNER, Stack

GOLDENS = Path(__file__).parent / "goldens"
ADVICE = "Look at the difference; if it is meant, `nox -s goldens` accepts it."
SHOWN_LINES = 200


@pytest.fixture
def regenerates(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--regenerate-goldens"))


@pytest.mark.parametrize("corner", [FULL_CORNER, BARE_CORNER], ids=lambda stack: stack.id)
def test_a_corner_is_rendered_as_before(
    corner: Stack, rendered: Callable[[Stack], Path], regenerates: bool
) -> None:
    files = {path: stable(path, text) for path, text in own_files_of(rendered(corner)).items()}
    golden = GOLDENS / corner.id
    if regenerates:
        write(golden, files)

    lines = list(difference(files_of(golden), files))

    assert not lines, "\n".join([ADVICE, *lines[:SHOWN_LINES]])


def test_a_stack_has_the_files_it_had(stack: Stack, project: Path, regenerates: bool) -> None:
    (package,) = (project / "src").iterdir()
    paths = [path.replace(package.name, "<package>") for path in own_files_of(project)]
    golden = GOLDENS / "files" / f"{stack.id}.txt"
    if regenerates:
        golden.parent.mkdir(parents=True, exist_ok=True)
        golden.write_text("".join(f"{path}\n" for path in sorted(paths)))

    before = golden.read_text().splitlines()
    lines = list(
        difflib.unified_diff(before, sorted(paths), "golden", "rendered", lineterm="", n=0)
    )

    assert not lines, "\n".join([ADVICE, *lines])


def stable(path: str, content: bytes) -> bytes:
    """Leave out where the template lay."""
    if path != ".copier-answers.yml":
        return content
    return re.sub(rb"(?m)^_src_path: .*$", b"_src_path: <template>", content)


def write(golden: Path, files: dict[str, bytes]) -> None:
    shutil.rmtree(golden, ignore_errors=True)
    for path, content in files.items():
        (golden / path).parent.mkdir(parents=True, exist_ok=True)
        (golden / path).write_bytes(content)


def difference(before: dict[str, bytes], after: dict[str, bytes]) -> Iterator[str]:
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if old is None or new is None:
            yield f"{'+' if old is None else '-'} {path}"
        elif old != new:
            old_lines, new_lines = old.decode().splitlines(), new.decode().splitlines()
            names = f"golden/{path}", path
            yield from difflib.unified_diff(old_lines, new_lines, *names, lineterm="", n=1)
