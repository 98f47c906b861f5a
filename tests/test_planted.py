"""The gates of a rendered project see what they are for: faults are planted, and its checks fail.

In two stacks that share no layer but the example. They have environments of their own, as another
worker may be at work in those of `test_projects`.
"""

from collections.abc import Callable
from pathlib import Path

import pytest
from installs import install, keep, run
from stacks import Stack, corner

pytestmark = pytest.mark.projects

BENCH_WITHIN_S, TESTS_WITHIN_S = 180, 120
BENCH = ("nox", "-s", "bench", "--", "-k", "page")
TESTS = (
    "pytest",
    "tests/integration/test_query_budgets.py::test_an_operation_keeps_its_budget[list_users]",
    "tests/integration/test_memory.py",
)

TWICE_AS_SLOW = """
from time import process_time
_read_page_once = read_page
async def read_page(*given):
    started = process_time()
    page = await _read_page_once(*given)
    end = 2 * process_time() - started
    while process_time() < end:
        pass
    return page
"""
A_QUERY_PER_USER = """
_latest_posts_of_all = latest_posts
async def latest_posts(session, user_ids):
    found = {}
    for user_id in user_ids:
        found |= await _latest_posts_of_all(session, [user_id])
    return found
"""
A_LEAK = """
_encode_all, _kept = encode_all, []
def encode_all(rows):
    found = _encode_all(rows)
    _kept.extend(found)
    return found
"""
STACKS = (
    corner(example=True, interface="asgi", database="sqlite", cache="memory", tasks="none"),
    corner(example=True, interface="wsgi", database="postgres", cache="redis", tasks="celery"),
)


def plant(project: Path, interface: str, module: str, fault: str) -> None:
    """Put a fault at the end of a module, in the colour of the project."""
    path = project / "src" / "shop" / module
    colour = fault if interface == "asgi" else fault.replace("async ", "").replace("await ", "")
    path.write_text(path.read_text("utf-8") + colour, "utf-8")


def check(project: Path, *command: str, timeout_s: float) -> str:
    return run(project, "uv", "run", "--locked", *command, timeout_s=timeout_s)


@pytest.mark.parametrize("stack", STACKS, ids=lambda stack: stack.id)
def test_planted_faults_are_seen(stack: Stack, rendered: Callable[[Stack], Path]) -> None:
    """A route that takes twice as long, a query per user, a leak; without them all checks pass."""
    project = keep(rendered(stack), f"{stack.id}-planted")
    install(project)
    first = check(project, *BENCH, timeout_s=BENCH_WITHIN_S)
    second = check(project, *BENCH, timeout_s=BENCH_WITHIN_S)
    accepted = check(project, *BENCH, "--accept", timeout_s=BENCH_WITHIN_S)
    check(project, *TESTS, timeout_s=TESTS_WITHIN_S)

    interface = dict(stack.axes)["interface"]
    plant(project, interface, "users/pages.py", TWICE_AS_SLOW + A_QUERY_PER_USER)
    plant(project, interface, "users/export.py", A_LEAK)
    with pytest.raises(pytest.fail.Exception) as slow:
        check(project, *BENCH, timeout_s=BENCH_WITHIN_S)
    with pytest.raises(pytest.fail.Exception) as wasteful:
        check(project, *TESTS, timeout_s=TESTS_WITHIN_S)

    assert "There was none before: nothing was judged." in first
    assert "holds" in second
    assert " → " in accepted
    assert "GET /users, page of 50: it takes" in str(slow.value)
    assert "list_users: 5 statements, its budget is 3" in str(wasteful.value)
    assert "FAILED tests/integration/test_memory.py::test_an_export_holds" in str(wasteful.value)
