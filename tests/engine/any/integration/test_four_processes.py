"""Four processes that serve: who loads, and when all of them see what one has changed."""

from collections.abc import Iterator
from time import monotonic

import pytest
from hotpath.testing.servers import Pair, figure, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until

from ..cache_promises import FLUSH_WITHIN_S, LIFE_S, LISTS, LOADS_AT_ONCE, SETTINGS
from ..many_requests import Watch, gist, rush
from ..users import add_user

PROCESSES = 4
REQUESTS = 500
READS = 20
WATCHED_S = 20.0


@pytest.fixture(scope="module")
def four(workspace: Workspace, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Run a server of four processes."""
    folder = tmp_path_factory.mktemp("four")
    place = workspace.with_variables({"TMPDIR": str(folder)}).with_settings(**SETTINGS)
    with serving(place, "--workers", str(PROCESSES)) as server:
        yield Pair(server, folder)


def test_a_rush_for_a_cold_answer_loads_it_once(four: Pair) -> None:
    http = four.server.http
    add_user(http)
    loads = figure(http, "cache_loads_total")

    started = monotonic()
    answers = rush(four.server.port, "/users/stats", REQUESTS)
    assert answers == [b"HTTP/1.1 200 OK"] * REQUESTS
    while len(four.pids_that_counted('"/users/stats"')) < 2:  # one may take all of a rush
        assert monotonic() - started < WATCHED_S
        rush(four.server.port, "/users/stats", REQUESTS)

    lives = 1 + (monotonic() - started) // LIFE_S  # a busy machine takes longer than one
    assert loads < figure(http, "cache_loads_total") <= loads + lives * LOADS_AT_ONCE


def test_all_processes_see_a_change_soon_after_it(four: Pair) -> None:
    http = four.server.http
    patched, deleted = (f"/users/{add_user(http)['id']}" for _ in range(2))
    paths = [patched, deleted, *LISTS]
    before = [gist(http.get(path)) for path in paths]
    with Watch(four.server.port, paths) as watch:
        assert wait_until(lambda: watch.saw(READS), WATCHED_S)
        http.patch(patched, json={"name": "Grace", "status": "banned"}).raise_for_status()
        http.delete(deleted).raise_for_status()
        due = monotonic() + FLUSH_WITHIN_S
        assert wait_until(lambda: watch.saw(READS, since=due), WATCHED_S)

    now = {path: gist(http.get(path)) for path in paths}
    assert [path for path, was in zip(paths, before, strict=True) if now[path] == was] == []
    late = [seen for seen in watch.seen if seen.asked_at > due]
    assert [seen for seen in late if seen.body != now[seen.path]] == []
