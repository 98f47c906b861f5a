"""The look-ups of a process, on the real database."""

from collections.abc import Mapping, Sequence

import pytest
from hotpath.aio.db.batching import Loader
from hotpath.aio.db.database import Database
from hotpath.batch import BatchUnavailable
from hotpath.db.errors import PoolExhausted
from hotpath.observability.metrics import Metrics
from hotpath.testing.workspace import Workspace
from sqlalchemy import text

from package_name.resources import Resources, open_resources


async def echo_all(db: Database, keys: Sequence[int]) -> Mapping[int, int | Exception]:
    """Find every key, after a word with the database."""
    async with db.reading() as session:
        await session.execute(text("SELECT 1"))
    return {key: key for key in keys}


ECHO: Loader[int, int] = Loader("echo", echo_all)


async def test_a_second_lookup_of_a_name_is_refused(resources: Resources) -> None:
    assert await resources.loaders.get(ECHO, 7) == 7
    namesake: Loader[str, str] = Loader(ECHO.name, echo_nothing)

    with pytest.raises(ValueError, match="there are two loaders named echo"):
        await resources.loaders.get(namesake, "seven")


async def echo_nothing(db: Database, keys: Sequence[str]) -> Mapping[str, str | Exception]:
    """Find nothing."""
    del db, keys
    return {}


async def test_a_batch_without_a_connection_fails_as_the_database_does(
    workspace: Workspace,
) -> None:
    narrow = workspace.with_settings(DB__POOL_SIZE=1, DB__MAX_OVERFLOW=0, DB__POOL_WAIT_S=0.01)
    async with open_resources(narrow.settings(), Metrics("shop")) as resources:
        async with resources.db.reading() as session:
            await session.execute(text("SELECT 1"))
            with pytest.raises(PoolExhausted) as raised:
                await resources.loaders.get(ECHO, 7)

        assert type(raised.value.__cause__) is PoolExhausted
        assert await resources.loaders.get(ECHO, 7) == 7


async def test_lookups_end_with_the_resources(workspace: Workspace) -> None:
    async with open_resources(workspace.settings(), Metrics("shop")) as resources:
        assert await resources.loaders.get(ECHO, 7) == 7

    with pytest.raises(BatchUnavailable, match="the service is stopping"):
        await resources.loaders.get(ECHO, 7)
