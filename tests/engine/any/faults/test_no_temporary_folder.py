"""A file system that is read only, with no folder for temporary files."""

from pathlib import Path

import pytest
from hotpath.testing.servers import figure, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import free_port

from ..shop import KINDS

NOWHERE = "/proc/nowhere"
"""Where nobody can make a file, root neither."""

WITHOUT = f"import tempfile\ntempfile._candidate_tempdir_list = lambda: [{NOWHERE!r}]\n"


@pytest.fixture
def read_only(workspace: Workspace, tmp_path: Path) -> Workspace:
    """Return a workspace whose commands find no folder for temporary files."""
    (tmp_path / "sitecustomize.py").write_text(WITHOUT)
    before = workspace.environment.get("PYTHONPATH", "")
    variables = {"PYTHONPATH": f"{tmp_path}:{before}", "TMPDIR": NOWHERE}
    return workspace.with_variables(variables)


@pytest.mark.parametrize("kind", KINDS)
def test_one_worker_needs_no_folder_for_temporary_files(read_only: Workspace, kind: str) -> None:
    with serving(read_only.with_settings(SERVER__KIND=kind)) as server:
        assert server.http.get("/users/1000000").status_code == 404
        assert figure(server.http, "http_requests_total", route="/users/{user_id}") == 1


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("reason", ["workers", "port"])
def test_several_processes_without_one_are_a_sentence(
    read_only: Workspace, kind: str, reason: str
) -> None:
    settings = {"OBSERVABILITY__METRICS_PORT": free_port()} if reason == "port" else {}
    place = read_only.with_settings(SERVER__KIND=kind, SERVER__PORT=0, **settings)

    result = place.run("serve", "--workers", "2" if reason == "workers" else "1")

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("No folder for temporary files can be made")
    assert "set TMPDIR" in result.stderr
    assert result.stderr.count("\n") == 1
