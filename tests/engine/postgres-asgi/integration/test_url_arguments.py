"""Arguments in a URL that asyncpg does not take."""

import pytest
from hotpath.settings import InvalidSettings
from hotpath.testing.workspace import Workspace


def test_an_unknown_argument_is_a_sentence(workspace: Workspace) -> None:
    place = workspace.with_settings(DB__URL=f"{workspace.setting('DB__URL')}?options=x")

    with pytest.raises(InvalidSettings, match=r"DB__URL: after the \? only host, .* not options$"):
        place.settings()
