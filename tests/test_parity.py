"""Both web flavours read requests alike, under each of their servers, with hot routes or without.

The same bytes go to all of them; `PARITY_EXAMPLES=5000` makes up that many requests, and
`PARITY_SECONDS=300` lets schemathesis go on for as long.
"""

import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import parity
import pytest
from hypothesis import HealthCheck, given, settings
from installs import run
from parity.exchange import Answer, exchange
from parity.requests import REQUESTS_BY_RULE, STATUS_BY_REQUEST
from parity.services import KINDS, services
from parity.strategies import requests
from stacks import Stack

pytestmark = pytest.mark.engine

EXAMPLES = int(os.environ.get("PARITY_EXAMPLES", "200"))
SECONDS = int(os.environ.get("PARITY_SECONDS", "25"))
SCHEMATHESIS = "import sys; from schemathesis.cli import schemathesis; sys.exit(schemathesis())"
URI = re.compile(rb"[\w.~:/?#\[\]@!$&'()*+,;=%-]*\Z", re.ASCII)
DEFAULT = "asgi-uvicorn-true"
"""What the others are compared with."""


@pytest.fixture(scope="module")
def ports(
    rendered: Callable[[Stack], Path], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, int]]:
    """Return ports by interface, server and whether it has hot routes."""
    with services(rendered, tmp_path_factory.mktemp("parity")) as started:
        found = {}
        for interface, kinds in KINDS.items():
            for kind, hot in ((kinds[0], "true"), (kinds[0], "false"), (kinds[1], "true")):
                chosen = {"SERVER__KIND": kind, "SERVER__HOT_ROUTES": hot}
                found[f"{interface}-{kind}-{hot}"] = started.start(interface, **chosen)
        yield found


@pytest.mark.parametrize("rule", REQUESTS_BY_RULE)
def test_requests_that_may_be_read_in_several_ways_are_read_in_one(
    rule: str, ports: Mapping[str, int]
) -> None:
    differences = [
        difference
        for request in REQUESTS_BY_RULE[rule]
        if (difference := difference_of(request, ports))
    ]

    assert not differences, "\n\n".join(differences[:10])


@pytest.mark.parametrize("request_", STATUS_BY_REQUEST)
def test_requests_are_read_as_is_documented(request_: bytes, ports: Mapping[str, int]) -> None:
    found = {name: exchange(port, request_).status for name, port in ports.items()}

    assert found == dict.fromkeys(ports, STATUS_BY_REQUEST[request_])


def test_made_up_requests_are_read_alike(ports: Mapping[str, int]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(requests())
    def compare(request: bytes) -> None:
        difference = difference_of(request, ports)
        assert not difference, difference

    compare()


@pytest.mark.parametrize("name", ["asgi-uvicorn-true", "wsgi-uvicorn-true"])
def test_nothing_is_responded_that_is_not_documented(
    name: str, ports: Mapping[str, int], tmp_path: Path
) -> None:
    """By all checks of schemathesis: no 500, no status or body that OpenAPI does not have."""
    folder = Path(parity.__file__).parent / "documented"
    printed = run(
        tmp_path,
        "env",
        *("SCHEMATHESIS_HOOKS=schemathesis_hooks", f"PYTHONPATH={folder}"),
        *(sys.executable, "-c", SCHEMATHESIS, "--config-file", str(folder / "schemathesis.toml")),
        *("run", f"http://127.0.0.1:{ports[name]}/openapi.json", f"--max-time={SECONDS}"),
        timeout_s=SECONDS + 60,
    )

    passed = re.search(r"(\d+) generated, (\d+) passed", printed)
    assert passed, printed
    assert int(passed[1]) > 500


def difference_of(request: bytes, ports: Mapping[str, int]) -> str:
    """Return how services respond differently to a request, or nothing."""
    answers = {name: exchange(port, request) for name, port in ports.items()}
    expected = answers[DEFAULT]
    others = {
        name: answer
        for name, answer in answers.items()
        if answer != expected and not (_has_parser(name) and _may_refuse(request, answer, expected))
    }
    if not others:
        return ""
    lines = [f"{name}: {answer}" for name, answer in {DEFAULT: expected, **others}.items()]
    return "\n".join([repr(request[:300]), *lines])


def _has_parser(name: str) -> bool:
    """Tell whether a server parses requests itself: granian and gunicorn."""
    return "uvicorn" not in name


def _may_refuse(request: bytes, *answers: Answer) -> bool:
    """Tell whether a parser refuses what no URI or method is, which the other one does not mind."""
    statuses = [answer.status or 400 for answer in answers]
    is_error = all(400 <= status < 500 for status in statuses)
    return 400 in statuses and (is_error or not URI.match(request.split(b" ")[1]))
