"""A service with a planted hot spot, load on it, and what its profiles say."""

import shutil
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from html.parser import HTMLParser
from pathlib import Path
from threading import Event, Thread
from typing import Any

import httpx2
from hotpath.testing.servers import client
from hotpath.testing.workspace import Workspace

from .copies import copy_of_service

TESTS = Path(__file__).parent
TOKEN = "a token that only tests know"
ADMIN: Mapping[str, str] = {"authorization": f"Bearer {TOKEN}"}
WAITING = ("[await]", "sleep", "lock.acquire")
"""What a function in which a request waits is called."""

FEATURES = "FEATURES = (\n"


def planted(workspace: Workspace, folder: Path) -> Workspace:
    """Return a workspace of a copy of the service that has the routes of `burning_routes` too."""
    place, package = copy_of_service(workspace, folder)
    feature = package / "planted"
    feature.mkdir()
    (feature / "__init__.py").touch()
    shutil.copy(TESTS / "burning_routes.py", feature / "routes.py")
    shutil.copy(TESTS / "waiting.py", feature)
    features = package / "features.py"
    text = features.read_text()
    assert FEATURES in text
    features.write_text(text.replace(FEATURES, f'{FEATURES}    "planted",\n'))
    return place.with_settings(OBSERVABILITY__ADMIN_TOKEN=TOKEN)


@contextmanager
def load(port: int, *paths: str) -> Iterator[None]:
    """Send requests to these paths while the block runs, each path on a connection of its own."""
    is_over = Event()
    threads = [Thread(target=_send, args=(port, path, is_over)) for path in paths]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def _send(port: int, path: str, is_over: Event) -> None:
    with client(port, is_kept=True) as http:
        while not is_over.is_set():
            http.get(path).raise_for_status()


def own_seconds(profile: Mapping[str, Any]) -> dict[str, float]:
    """Return the seconds that each function of a speedscope profile ran itself, by its name."""
    assert_is_speedscope(profile)
    names = [frame["name"] for frame in profile["shared"]["frames"]]
    [sampled] = profile["profiles"]
    own: defaultdict[str, float] = defaultdict(float)
    for stack, seconds in zip(sampled["samples"], sampled["weights"], strict=True):
        own[names[stack[-1]]] += seconds
    return own


def hottest(profile: Mapping[str, Any]) -> str:
    """Return the function that ran the longest itself, without those that only wait."""
    own = own_seconds(profile)
    return max(own.keys() - set(WAITING), key=lambda name: own[name])


def names_in(profile: Mapping[str, Any]) -> set[str]:
    """Return the names of all functions in a speedscope profile."""
    return {frame["name"] for frame in profile["shared"]["frames"]}


def assert_is_speedscope(profile: Mapping[str, Any]) -> None:
    """Check the shape of https://www.speedscope.app/file-format-schema.json."""
    assert profile["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    frames = profile["shared"]["frames"]
    assert all(isinstance(each["name"], str) and each["line"] >= 0 for each in frames)
    [sampled] = profile["profiles"]
    assert (sampled["type"], sampled["unit"], sampled["startValue"]) == ("sampled", "seconds", 0)
    assert len(sampled["samples"]) == len(sampled["weights"]) > 0
    assert all(0 <= each < len(frames) for stack in sampled["samples"] for each in stack)
    assert abs(sum(sampled["weights"]) - sampled["endValue"]) < 1e-6


class _Page(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.assets: list[str] = []
        self.cells: list[str] = []
        self.boxes: list[str] = []
        self._is_cell = False

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.assets += [given[name] or "" for name in ("src", "href") if name in given]
        self._is_cell = tag == "td"
        if tag == "a":
            self.boxes.append(given["title"] or "")

    def handle_data(self, data: str) -> None:
        if self._is_cell:
            self.cells.append(data)
            self._is_cell = False


def page_of(text: str) -> tuple[list[str], list[str]]:
    """Return the functions of a page, those with the most own time first, and its boxes' titles."""
    page = _Page()
    page.feed(text)
    assert page.assets == []
    assert "@import" not in text
    assert "url(" not in text
    return page.cells[2::4], page.boxes


def profile_of(port: int, **options: object) -> httpx2.Response:
    """Return the response of `/debug/profile`."""
    with client(port, timeout_s=90) as http:
        return http.get("/debug/profile", params=options, headers=ADMIN)
