"""The engine passes its own tests, in the corners of `engine_runs`: all values of all answers.

Each part of a corner is a test of its own, so that several run at once; each renders a project of
its own, on which it starts servers of its own. A test that fails is run once more, since another
part may have had the machine; a warning names it.
"""

import re
import warnings
from collections import Counter
from itertools import groupby
from math import ceil
from pathlib import Path

import pytest
from engine_runs import (
    CORNERS,
    ENGINE_TESTS,
    OTHER_CORNERS,
    RUNS,
    command,
    environment,
    laid,
    prepare,
)
from installs import run

FILES_AT_ONCE = 40
WITHIN_S = 1800
"""More than any takes on a slow machine: what hangs ends."""


def places_of(name: str) -> list[Path]:
    """Return where the tests of a corner go, such as `unit/test_batches.py`."""
    found = laid(name, is_whole=name in CORNERS)
    return sorted(place for _, place in found if place.name.startswith("test_"))


def parts(name: str) -> dict[str, list[str]]:
    """Return the files of each part of a corner: a folder, or a half or third of a large one."""
    found: dict[str, list[str]] = {}
    for folder, group in groupby(places_of(name), key=lambda place: place.parent):
        files = [f"tests/{place}" for place in group]
        count = ceil(len(files) / FILES_AT_ONCE)
        for number in range(count):
            found[f"{folder}-{number + 1}" if count > 1 else str(folder)] = files[number::count]
    return found


ALL_CORNERS = (*CORNERS, *OTHER_CORNERS)
RUNS_OF_CORNERS = [(name, part) for name in ALL_CORNERS for part in parts(name)]


@pytest.mark.engine
@pytest.mark.parametrize(("name", "part"), RUNS_OF_CORNERS)
def test_the_engine_passes_its_tests(name: str, part: str, template_source: Path) -> None:
    place = RUNS / f"{name}-{part}"
    folder = prepare(name, template_source, place, is_whole=name in CORNERS)
    path = f"PYTHONPATH={environment(folder)['PYTHONPATH']}"

    options = ("-q", "--reruns=1", "-rfR", *parts(name)[part])
    printed = run(folder, "env", path, *command(*options), timeout_s=WITHIN_S)

    assert re.search(r"\d+ passed", printed)
    for test in re.findall(r"^RERUN (.*)", printed, re.MULTILINE):
        warnings.warn(f"passed only when run again: {test}", stacklevel=1)


def test_every_file_is_laid_in_some_corner() -> None:
    corners = [laid(name, is_whole=name in CORNERS) for name in ALL_CORNERS]
    used = {source for corner in corners for source, _ in corner}

    assert set(ENGINE_TESTS.rglob("*.py")) - used == set()


@pytest.mark.parametrize("name", ALL_CORNERS)
def test_no_file_is_laid_over_another(name: str) -> None:
    places = Counter(place for _, place in laid(name, is_whole=True))

    assert [place for place, count in places.items() if count > 1] == []
