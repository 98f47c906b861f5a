"""`cache purge`, `cache forget`: looking after kept answers."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from time import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from ..concurrency import run
from .given import given_settings, sentence_for_database

if TYPE_CHECKING:
    from ..cache.tiers import Change
    from ..db.session import Database

KEYS_EACH = 1000
app = typer.Typer(no_args_is_help=True)


class NotForgotten(Exception):
    """There is nothing to forget in, or it is out of reach."""


@app.callback()
def main() -> None:
    """Kept answers."""


@app.command()
def purge() -> None:
    """Delete from the cache's table what has ended.

    It is a miss already; this gives its room back. Run it from time to time
    where CACHE__USE_TABLE is set; it may be interrupted.
    """
    with sentence_for_database():
        gone = run(_purge())
    typer.echo(f"Deleted {gone} rows.")


async def _purge() -> int:
    from ..db.session import open_database
    from ..observability.metrics import Metrics

    now = time()
    async with open_database(given_settings().db, Metrics()) as db:
        return await _purge_with_progress(db, now)


async def _purge_with_progress(db: "Database", now: float) -> int:
    from ..cache.table_sweep import count_ended, purge_ended

    with Progress() as progress:
        bar = progress.add_task("rows", total=await count_ended(db, now))
        await purge_ended(db, now, lambda count: progress.advance(bar, count))
        return int(progress.tasks[bar].completed)


def _texts(values: list[str] | None) -> list[str] | None:
    for value in values or ():
        if not value:
            raise typer.BadParameter("it is empty")
        try:
            value.encode()
        except UnicodeEncodeError:  # bytes of the shell that no character was made of
            raise typer.BadParameter("it is not UTF-8") from None
    return values


@app.command()
def forget(
    key: Annotated[list[str] | None, typer.Option(help="Forget this key.", callback=_texts)] = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="Forget all keys with this tag.", callback=_texts)
    ] = None,
    pattern: Annotated[
        list[str] | None,
        typer.Option(help="Forget all keys like this: * stands for anything.", callback=_texts),
    ] = None,
) -> None:
    """Forget answers in every tier, and in all processes that are told.

    Each option may be given several times. Where no Redis tells the processes,
    each goes on with what it has itself, for CACHE__NEAR_TTL_S seconds.
    """
    if not (key or tag or pattern):
        raise typer.BadParameter("give a --key, a --tag or a --pattern")
    with sentence_for_database(NotForgotten):
        run(_forget(key or (), tag or (), pattern or ()))
    typer.echo("Forgotten.")


async def _forget(keys: Sequence[str], tags: Sequence[str], patterns: Sequence[str]) -> None:
    from ..observability.metrics import Metrics
    from ..resources import open_resources

    settings = given_settings()
    async with open_resources(settings, Metrics()) as resources:
        cache = resources.cache
        if not cache.stores:
            raise NotForgotten("Processes share no cache here: each forgets by itself.")
        with Progress() as progress:
            bar = progress.add_task("forgotten", total=len(keys) + len(tags) + len(patterns))
            for part in _parts(keys, tags, patterns):
                await cache.invalidate(*part.keys, tags=part.tags, patterns=part.patterns)
                if await cache.state() != "ok":
                    if settings.cache.use_table:
                        await _require_table(resources.db)
                    raise NotForgotten("The cache cannot be reached: try again when it is back.")
                progress.advance(bar, len(part.keys) + len(part.tags) + len(part.patterns))


async def _require_table(db: "Database") -> None:
    """Fail as `purge` does where the table is missing; a lost database is told of elsewhere."""
    from ..cache.table_sweep import count_ended
    from ..db.session import DatabaseUnavailable

    with suppress(DatabaseUnavailable):
        await count_ended(db, 0)


def _parts(keys: Sequence[str], tags: Sequence[str], patterns: Sequence[str]) -> Iterator["Change"]:
    from ..cache.tiers import Change

    for start in range(0, len(keys), KEYS_EACH):
        yield Change(tuple(keys[start : start + KEYS_EACH]))
    yield Change(tags=tuple(tags))
    for pattern in patterns:
        yield Change(patterns=(pattern,))
