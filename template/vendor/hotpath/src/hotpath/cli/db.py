"""`db upgrade`, `db downgrade`, `db revision`, `db check`: the schema of the database."""

from typing import Annotated

import typer

from hotpath.cli.errors import exit_on, load_settings

app = typer.Typer(no_args_is_help=True)


def _words(message: str) -> str:
    if not message.strip():
        raise typer.BadParameter("Say in a few words what changes.")
    return message


@app.command()
def upgrade(
    context: typer.Context,
    revision: Annotated[str, typer.Argument(help="Revision to reach.")] = "heads",
) -> None:
    """Bring the schema up to date."""
    from hotpath.db import migrations

    load_settings(context.obj)
    with exit_on(*migrations.EXPECTED):
        migrations.upgrade(context.obj, revision)
    typer.echo(f"The schema is at {revision}.")


@app.command(context_settings={"ignore_unknown_options": True})  # -1 is no option
def downgrade(
    context: typer.Context,
    revision: Annotated[str, typer.Argument(help="Revision to go back to: an id, -1 or base.")],
) -> None:
    """Take the schema back; data in dropped columns and tables is lost."""
    from hotpath.db import migrations

    load_settings(context.obj)
    with exit_on(*migrations.EXPECTED):
        migrations.downgrade(context.obj, revision)
    typer.echo(f"The schema is at {revision}.")


@app.command()
def revision(
    context: typer.Context,
    message: Annotated[
        str, typer.Option("--message", "-m", help="What changes, in a few words.", callback=_words)
    ],
) -> None:
    """Write a migration from the difference between the models and the database."""
    from hotpath.db import migrations

    load_settings(context.obj)
    with exit_on(*migrations.EXPECTED):
        migrations.revision(context.obj, message)
    typer.echo(f"Written to {context.obj.migrations}: read it before you run it.")


@app.command()
def merge(
    context: typer.Context,
    message: Annotated[str, typer.Option("--message", "-m", help="In a few words.")] = "merge",
) -> None:
    """Write a migration that joins two that were written side by side."""
    from hotpath.db import migrations

    load_settings(context.obj)
    with exit_on(*migrations.EXPECTED):
        migrations.merge(context.obj, message)
    typer.echo(f"Written to {context.obj.migrations}.")


@app.command()
def check(context: typer.Context) -> None:
    """Tell whether models and migrations agree."""
    from hotpath.db import migrations

    load_settings(context.obj)
    with exit_on(*migrations.EXPECTED):
        migrations.check(context.obj)
    typer.echo("Models and migrations agree.")
