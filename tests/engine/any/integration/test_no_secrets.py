"""Tokens, passwords and bodies that are sent in every way, and appear in no line of the log."""

import io
import logging
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from uuid import uuid4

import pytest
from hotpath.observability.logs import get_logger
from hotpath.testing.servers import Server
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until
from pydantic import BaseModel, ValidationError

from ..log_lines import events, json_lines, logging_as_in_production
from ..planted_service import serving_planted
from ..shop import KINDS

WITHIN_S = 20.0
SECRET = "swordfish"
FAILING = ("/fail", "/fail-hot", "/clash", "/invalid")


@pytest.fixture
def logs() -> Iterator[io.StringIO]:
    """Log everything, to a text."""
    with logging_as_in_production("debug") as lines:
        yield lines


def send_secrets(server: Server) -> None:
    """Send the secret in headers, queries and bodies."""
    http = server.http
    headers = {
        "authorization": f"Bearer {SECRET}-token",
        "cookie": f"session={SECRET}",
        "x-request-id": f"not safe {SECRET}",
        "x-forwarded-for": SECRET,
        "traceparent": f"00-{SECRET}",
    }
    http.get("/healthz", headers=headers)
    http.get("/debug/pools", headers=headers)
    http.get(f"/healthz?password={SECRET}", headers={"referer": f"http://{SECRET}@host/"})
    http.post("/nothing", content=SECRET)
    http.post("/fail", json={"password": SECRET})


def send_to_failing_routes(server: Server) -> None:
    """Have routes fail with the secret in locals, parameters and messages of libraries."""
    for path in FAILING:
        request_id = uuid4().hex
        answer = server.http.get(
            path, params={"secret": SECRET}, headers={"x-request-id": request_id}
        )
        assert answer.status_code == 500
        assert SECRET not in answer.text
        assert wait_until(partial(logged, server, request_id), WITHIN_S)


def logged(server: Server, request_id: str) -> bool:
    """Tell whether the error of a request is in the log."""
    return any(
        line.get("request_id") == request_id and "exception" in line
        for line in json_lines(server.program.log)
    )


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_that_is_sent_is_logged(kind: str, workspace: Workspace, tmp_path: Path) -> None:
    settings = {
        "SERVER__KIND": kind,
        "OBSERVABILITY__LEVEL": "debug",
        "OBSERVABILITY__SLOW_REQUEST_S": "0.000001",
        "OBSERVABILITY__ADMIN_TOKEN": f"{SECRET}-token",
        "DB__SLOW_QUERY_S": 0,
    }
    with serving_planted(workspace, tmp_path, **settings) as server:
        send_secrets(server)
        send_to_failing_routes(server)

        assert wait_until(lambda: "request" in events(server.program.log), WITHIN_S)
        lines = json_lines(server.program.log)
    assert "slow request" in {line["event"] for line in lines}
    assert SECRET not in str(lines)


def test_input_that_is_refused_is_not_logged(server: Server) -> None:
    server.http.post("/users", json={"email": SECRET, "name": [SECRET], SECRET: SECRET})
    server.http.post("/users", content=f'{{"{SECRET}'.encode())
    server.http.get("/users/1", params={SECRET: SECRET})
    request_id = uuid4().hex
    server.http.get("/healthz", headers={"x-request-id": request_id})

    assert wait_until(lambda: request_id in server.program.log.read_text(), WITHIN_S)
    assert SECRET not in server.program.log.read_text()


def test_a_traceback_shows_no_values_of_libraries(logs: io.StringIO) -> None:
    class Number(BaseModel):
        number: int

    try:
        Number.model_validate({"number": SECRET})
    except ValidationError:
        get_logger().exception("failed")

    assert "input_value=…, input_type=str" in logs.getvalue()
    assert SECRET not in logs.getvalue()


def test_libraries_say_nothing_below_info_whatever_the_level(logs: io.StringIO) -> None:
    logging.getLogger("aiosqlite").debug("SELECT %s", SECRET)
    logging.getLogger("hotpath.db").debug("ours")
    logging.getLogger("library").info("theirs")

    assert SECRET not in logs.getvalue()
    assert "ours" in logs.getvalue()
    assert "theirs" in logs.getvalue()
