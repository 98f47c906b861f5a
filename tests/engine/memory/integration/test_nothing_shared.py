"""Where processes share nothing, no command can make them forget."""

from hotpath.testing.workspace import Workspace


def test_forgetting_without_anything_shared_is_a_sentence(workspace: Workspace) -> None:
    result = workspace.run("cache", "invalidate", "--key", "user:1")

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == "Processes share no cache here: each has its own.\n"
