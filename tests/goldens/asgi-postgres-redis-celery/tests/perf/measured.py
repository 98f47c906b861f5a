"""What the hot paths are measured on: the same users in each run."""

from collections.abc import Mapping

import pytest

from ..crowd import crowded
from ..workspace import Workspace

USERS = 20_000


@pytest.fixture(scope="session")
def measured(
    workspace: Workspace, services: Mapping[str, str], tmp_path_factory: pytest.TempPathFactory
) -> Workspace:
    """Return a place with a database of users."""
    return crowded(workspace, services, tmp_path_factory.mktemp("measured"), users=USERS)
