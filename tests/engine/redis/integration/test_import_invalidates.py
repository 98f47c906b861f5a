"""What `users import` writes is what a running server answers at once: they share a cache."""

import json
from pathlib import Path

import httpx2
from hotpath.testing.servers import figure
from hotpath.testing.workspace import Workspace

from ..users import add_user


def test_a_running_server_answers_with_imported_users_at_once(
    http: httpx2.Client, workspace: Workspace, tmp_path: Path
) -> None:
    user = add_user(http)
    path = f"/users/{user['id']}"
    http.get(path)
    hits = figure(http, "cache_hits_total")
    assert http.get(path).json() == user
    assert figure(http, "cache_hits_total") == hits + 1
    file = tmp_path / "users.ndjson"
    file.write_text(json.dumps({"email": user["email"], "name": "Grace", "status": "banned"}))

    result = workspace.run("users", "import", str(file))

    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout.endswith("Imported 1 users.\n")
    assert http.get(path).json() == {**user, "name": "Grace", "status": "banned"}
