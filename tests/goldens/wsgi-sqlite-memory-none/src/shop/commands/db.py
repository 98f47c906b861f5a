"""`db upgrade`, `db downgrade`, `db revision`, `db check`."""

from typing import Annotated

import typer

from .given import given_settings, sentence_for

app = typer.Typer(no_args_is_help=True)


@app.command()
def upgrade(
    revision: Annotated[str, typer.Argument(help="Revision to reach.")] = "head",
) -> None:
    """Bring the schema up to date."""
    from ..db import migrations

    given_settings()
    with sentence_for(*migrations.EXPECTED):
        migrations.upgrade(revision)
    typer.echo(f"The schema is at {revision}.")


@app.command(context_settings={"ignore_unknown_options": True})  # -1 is no option
def downgrade(
    revision: Annotated[str, typer.Argument(help="Revision to go back to: an id, -1 or base.")],
) -> None:
    """Take the schema back; data in dropped columns and tables is lost."""
    from ..db import migrations

    given_settings()
    with sentence_for(*migrations.EXPECTED):
        migrations.downgrade(revision)
    typer.echo(f"The schema is at {revision}.")


@app.command()
def revision(
    message: Annotated[str, typer.Option("--message", "-m", help="What changes, in a few words.")],
) -> None:
    """Write a migration from the difference between the models and the database."""
    from ..db import migrations

    given_settings()
    with sentence_for(*migrations.EXPECTED):
        migrations.revision(message)
    typer.echo("Written to migrations/versions: read it before you run it.")


@app.command()
def check() -> None:
    """Tell whether models and migrations agree."""
    from ..db import migrations

    given_settings()
    with sentence_for(*migrations.EXPECTED):
        migrations.check()
    typer.echo("Models and migrations agree.")
