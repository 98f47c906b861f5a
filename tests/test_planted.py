"""What is to see faults sees them: they are planted, and checks fail.

In two stacks that share no layer but the example. They have environments of their own, as another
worker may be at work in those of `test_projects`.
"""

import sys
from collections.abc import Callable
from pathlib import Path

import engine_runs
import pytest
from installs import importable, install, keep, run
from stacks import Stack, corner

BENCH_WITHIN_S, TESTS_WITHIN_S = 180, 120
BENCH = ("nox", "-s", "bench", "--", "-k", "page")
BUDGET = ("pytest", "tests/test_operations.py::test_an_operation_keeps_its_budget[list_users]")
MEMORY = "tests/integration/test_memory.py"

MODULE = "users/service.py"
TWICE_AS_SLOW = """
from time import process_time
_page_once = users.page
async def _page_slowly(*given, **fixed):
    started = process_time()
    page = await _page_once(*given, **fixed)
    end = 3 * process_time() - 2 * started  # the rest of the route takes as long as before
    while process_time() < end:
        pass
    return page
users.page = _page_slowly
"""
A_QUERY_PER_USER = """
_posts_of_all = latest_posts.load
async def _posts_one_by_one(db, ids):
    found = {}
    for each in ids:
        found |= await _posts_of_all(db, [each])
    return found
latest_posts.load = _posts_one_by_one
"""
A_LEAK = """
_encode_all, _kept = users.encoder.encode_all, []
def _encode_and_keep(rows):
    found = _encode_all(rows)
    _kept.extend(found)
    return found
users.encoder.encode_all = _encode_and_keep
"""
BLOCKING = """
import socket
from contextlib import suppress
from pathlib import Path
from time import sleep
_page_at_once = users.page
async def _page_blocking(*given, **fixed):
    with suppress(Exception):
        sleep(0.05)
    with suppress(Exception):
        socket.create_connection(("127.0.0.1", 9))
    with suppress(Exception):
        Path(__file__).read_text()
    return await _page_at_once(*given, **fixed)
users.page = _page_blocking
"""
PAGES = ("pytest", "tests/test_user_pages.py")
STACKS = (
    corner(example=True, interface="asgi", database="sqlite", cache="memory", tasks="none"),
    corner(example=True, interface="wsgi", database="postgres", cache="redis", tasks="celery"),
)


def plant(project: Path, interface: str, module: str, fault: str) -> None:
    """Put a fault at the end of a module, in the kind of code that the project has."""
    path = project / "src" / "shop" / module
    code = fault if interface == "asgi" else fault.replace("async ", "").replace("await ", "")
    path.write_text(path.read_text("utf-8") + code, "utf-8")


def check(project: Path, *command: str, timeout_s: float) -> str:
    return run(project, "uv", "run", "--locked", *command, timeout_s=timeout_s)


@pytest.mark.projects
@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.id)
def test_planted_faults_are_seen(stack: Stack, rendered: Callable[[Stack], Path]) -> None:
    """A route that takes twice as long, a query per user; without them all checks pass."""
    project = keep(rendered(stack), f"{stack.id}-planted")
    install(project)
    first = check(project, *BENCH, timeout_s=BENCH_WITHIN_S)
    second = check(project, *BENCH, timeout_s=BENCH_WITHIN_S)
    accepted = check(project, *BENCH, "--accept", timeout_s=BENCH_WITHIN_S)
    check(project, *BUDGET, timeout_s=TESTS_WITHIN_S)

    interface = dict(stack.axes)["interface"]
    plant(project, interface, MODULE, TWICE_AS_SLOW + A_QUERY_PER_USER)
    with pytest.raises(pytest.fail.Exception) as slow:
        check(project, *BENCH, timeout_s=BENCH_WITHIN_S)
    with pytest.raises(pytest.fail.Exception) as wasteful:
        check(project, *BUDGET, timeout_s=TESTS_WITHIN_S)

    assert "There was none before: nothing was compared." in first
    assert "holds" in second
    assert " → " in accepted
    assert "GET /users, page of 50: it takes" in str(slow.value)
    assert "AssertionError: list_users sent" in str(wasteful.value)


@pytest.mark.projects
def test_a_planted_call_that_blocks_the_event_loop_is_seen(
    rendered: Callable[[Stack], Path], tmp_path: Path
) -> None:
    """Also where the service catches what was raised: the tests name the route and the lines."""
    stack = STACKS[0]
    project = keep(rendered(stack), f"{stack.id}-blocking")
    variables = importable(project, "shop", tmp_path)
    command = ("env", f"PYTHONPATH={variables['PYTHONPATH']}", sys.executable, "-m", *PAGES)
    run(project, *command, timeout_s=TESTS_WITHIN_S)

    plant(project, "asgi", MODULE, BLOCKING)
    with pytest.raises(pytest.fail.Exception) as blocking:
        run(project, *command, timeout_s=TESTS_WITHIN_S)

    lines = (project / "src" / "shop" / MODULE).read_text("utf-8").splitlines()
    for call, code in (
        ("time.sleep", "        sleep(0.05)"),
        ("socket.getaddrinfo", '        socket.create_connection(("127.0.0.1", 9))'),
        ("open", "        Path(__file__).read_text()"),
    ):
        place = f"shop/{MODULE}:{lines.index(code) + 1}, _page_blocking"
        assert f"{call} blocks the event loop in GET /users, in {place}" in str(blocking.value)


@pytest.mark.engine
@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.id)
def test_a_planted_leak_is_seen_by_the_tests_of_the_engine(
    stack: Stack, template_source: Path
) -> None:
    folder = engine_runs.RUNS / f"{stack.id}-planted"
    project = engine_runs.prepare(stack.id, template_source, folder)
    path = f"PYTHONPATH={engine_runs.environment(project)['PYTHONPATH']}"
    command = ("env", path, *engine_runs.command("-q", "--reruns=1", MEMORY))  # beside other load
    run(project, *command, timeout_s=TESTS_WITHIN_S)

    plant(project, dict(stack.axes)["interface"], MODULE, A_LEAK)
    with pytest.raises(pytest.fail.Exception) as leaking:
        run(project, *command, timeout_s=TESTS_WITHIN_S)

    assert f"FAILED {MEMORY}::test_an_export_holds" in str(leaking.value)
