"""With its switches off the engine uses what libraries promise, and serves the same."""

import pytest
from hotpath.db.prepared import CompiledStatement
from hotpath.testing.in_process import open_in_process
from hotpath.testing.workspace import Workspace

from ..users import add_user, unique_email

PARTS = (CompiledStatement,)


@pytest.fixture
def public(workspace: Workspace) -> Workspace:
    return workspace.with_settings(DB__DEDICATED_CONNECTIONS=0)


def test_no_private_part_is_used(public: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("this needs private parts of a library")

    for part in PARTS:
        monkeypatch.setattr(part, "__init__", refuse)
    rows = [{"email": unique_email(), "name": "Ada"} for _ in range(3)]

    with open_in_process(public) as client:
        user = add_user(client)
        path = f"/users/{user['id']}"
        found = client.get(path)
        changed = client.patch(path, json={"name": "Grace"})
        page = client.get("/users?limit=1")
        added = client.post("/users/bulk", json=rows)
        removed = client.delete(path)
        exported = client.get("/users/export")

    assert found.json() == user
    assert changed.json()["name"] == "Grace"
    assert page.json()["items"]
    assert (added.status_code, removed.status_code, exported.status_code) == (201, 204, 200)
