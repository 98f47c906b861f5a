"""URLs of PostgreSQL: what is refused in a sentence, and what is taken."""

import pytest
from hotpath.aio.db.database import open_database
from hotpath.observability.metrics import Metrics
from hotpath.settings import InvalidSettings
from hotpath.testing.workspace import Workspace

from ..shop import PREFIX

BAD = ("app@host:port/app", "app@host:99999/app", "app@[::1/app", "app@host:0/app")


@pytest.mark.parametrize("address", BAD)
def test_an_address_that_cannot_be_is_refused(workspace: Workspace, address: str) -> None:
    place = workspace.with_settings(DB__URL=f"postgresql://{address}")

    with pytest.raises(InvalidSettings, match=f"^{PREFIX}DB__URL: must start with"):
        place.settings()


async def test_the_mode_of_tls_is_taken_from_the_url(workspace: Workspace) -> None:
    url = f"{workspace.setting('DB__URL')}?sslmode=prefer"
    settings = workspace.with_settings(DB__URL=url).settings()

    async with open_database(settings.db, Metrics("shop")) as db:
        await db.ping()
