"""What the hot paths are measured on. Fill it with your own rows."""

import pytest

from ..workspace import Workspace


@pytest.fixture(scope="session")
def measured(workspace: Workspace) -> Workspace:
    """Return a place with a migrated database."""
    return workspace
