"""URLs of the broker that are refused in a sentence."""

import pytest
from hotpath.settings import InvalidSettings
from hotpath.testing.workspace import Workspace


@pytest.mark.parametrize("url", ["amqp://host", "redis://127.0.0.1:port/0", "redis://h:70000"])
def test_an_address_that_cannot_be_is_refused(workspace: Workspace, url: str) -> None:
    with pytest.raises(InvalidSettings, match="TASKS__BROKER_URL: must start with redis://"):
        workspace.with_settings(TASKS__BROKER_URL=url).settings()
