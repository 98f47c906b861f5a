"""Statements of requests that took too long: the server does not go on with them."""

import json
from concurrent.futures import ThreadPoolExecutor
from time import monotonic

import pytest
from hotpath.testing.problems import assert_problem
from hotpath.testing.servers import client, serving
from hotpath.testing.workspace import Workspace
from sqlalchemy import text

from package_name.resources import Resources

from ..database import PATIENT
from ..running_statements import running_statements
from ..users import unique_email

TIMEOUT_S = 1.0
ENDS_WITHIN_S = 6.0


@pytest.mark.parametrize("how", ["post", "long post", "patch"])
async def test_a_late_statement_is_cancelled_at_the_server(
    workspace: Workspace, resources: Resources, how: str
) -> None:
    place = workspace.with_settings(**PATIENT, SERVER__REQUEST_TIMEOUT_S=TIMEOUT_S)
    with serving(place) as server, ThreadPoolExecutor() as threads, client(server.port) as http:
        user = http.post("/users", json={"email": unique_email(), "name": "Ada"}).json()
        async with resources.db.engine.connect() as connection:
            await connection.execute(text("LOCK TABLE users IN SHARE MODE"))
            if "post" in how:
                user = {"email": unique_email(), "name": "Eve"}
                body = json.dumps(user) + " " * (100_000 if "long" in how else 0)
                headers = {"content-type": "application/json"}
                call = threads.submit(http.post, "/users", content=body, headers=headers)
            else:
                call = threads.submit(http.patch, f"/users/{user['id']}", json={"name": "Eve"})
            assert_problem(call.result(10), 504, "The request took longer than it may.")

            end = monotonic() + ENDS_WITHIN_S
            while await running_statements(connection) and monotonic() < end:
                pass  # a round trip each time
            assert await running_statements(connection) == 0
