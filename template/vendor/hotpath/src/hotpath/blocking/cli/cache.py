# Generated from hotpath/aio/cli/cache.py by extensions/blocking.py; do not edit.
"""`cache purge`, `cache invalidate`: looking after cached values."""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from time import time
from typing import TYPE_CHECKING, Annotated

import typer
from rich.progress import Progress

from hotpath.batch import chunks_of
from hotpath.blocking.concurrency import run
from hotpath.cli.errors import exit_on_database_error, load_settings
from hotpath.service import Service

if TYPE_CHECKING:
    from hotpath.blocking.db.database import Database
    from hotpath.cache.entries import Invalidation


KEYS_EACH = 1000
app = typer.Typer(no_args_is_help=True)


class NotInvalidated(Exception):
    """There is nothing to invalidate, or it is out of reach."""


@app.callback()
def main() -> None:
    """Cached values."""


@app.command()
def purge(context: typer.Context) -> None:
    """Delete from the cache's table what has expired.

    It is a miss already; this frees its space. Run it from time to time
    where CACHE__USE_TABLE is set; it may be interrupted.
    """
    with exit_on_database_error():
        gone = run(_purge(context.obj))
    typer.echo(f"Deleted {gone} rows.")


def _purge(service: Service) -> int:
    from hotpath.blocking.db.database import open_database
    from hotpath.observability.metrics import Metrics

    now = time()
    with open_database(load_settings(service).db, Metrics(service.package)) as db:
        return _purge_with_progress(db, now)


def _purge_with_progress(db: "Database", now: float) -> int:
    from hotpath.blocking.cache.table_sweep import count_expired, purge_expired

    with Progress() as progress:
        bar = progress.add_task("rows", total=count_expired(db, now))
        purge_expired(db, now, lambda count: progress.advance(bar, count))
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
def invalidate(
    context: typer.Context,
    key: Annotated[
        list[str] | None, typer.Option(help="Invalidate this key.", callback=_texts)
    ] = None,
    tag: Annotated[
        list[str] | None, typer.Option(help="Invalidate all keys with this tag.", callback=_texts)
    ] = None,
    pattern: Annotated[
        list[str] | None,
        typer.Option(help="Invalidate all keys like this: * stands for anything.", callback=_texts),
    ] = None,
) -> None:
    """Invalidate values in every tier, and in all processes that subscribe.

    Each option may be given several times. Without Redis, other processes go on
    with what they have cached, for CACHE__L1_TTL_S seconds.
    """
    if not (key or tag or pattern):
        raise typer.BadParameter("give a --key, a --tag or a --pattern")
    with exit_on_database_error(NotInvalidated):
        run(_invalidate(context.obj, key or (), tag or (), pattern or ()))
    typer.echo("Invalidated.")


def _invalidate(
    service: Service, keys: Sequence[str], tags: Sequence[str], patterns: Sequence[str]
) -> None:
    from hotpath.observability.metrics import Metrics

    settings = load_settings(service)
    open_resources = service.module("resources").open_resources
    with open_resources(settings, Metrics(service.package)) as resources:
        cache = resources.cache
        if not cache.stores:
            raise NotInvalidated("Processes share no cache here: each has its own.")
        with Progress() as progress:
            bar = progress.add_task("invalidated", total=len(keys) + len(tags) + len(patterns))
            for part in _parts(keys, tags, patterns):
                cache.invalidate(*part.keys, tags=part.tags, patterns=part.patterns)
                if cache.state() != "ok":
                    if settings.cache.use_table:
                        _require_table(resources.db)
                    raise NotInvalidated("The cache cannot be reached: try again when it is back.")
                progress.advance(bar, len(part.keys) + len(part.tags) + len(part.patterns))


def _require_table(db: "Database") -> None:
    """Fail as `purge` does where the table is missing."""
    from hotpath.blocking.cache.table_sweep import count_expired
    from hotpath.db.errors import DatabaseUnavailable

    with suppress(DatabaseUnavailable):
        count_expired(db, 0)


def _parts(
    keys: Sequence[str], tags: Sequence[str], patterns: Sequence[str]
) -> Iterator["Invalidation"]:
    from hotpath.cache.entries import Invalidation

    for chunk in chunks_of(keys, KEYS_EACH):
        yield Invalidation(tuple(chunk))
    yield Invalidation(tags=tuple(tags))
    for pattern in patterns:
        yield Invalidation(patterns=(pattern,))
