"""`new`: writes a feature with its table, routes, migration and tests."""

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer()

HELP = "In plural, in lower case: orders. It is the name of the folder, the table and the paths."
FIELDS = (
    "name:type, where the type is str, text, int, float, bool, date, datetime, uuid, "
    "choices such as 'open|paid', or 'belongs_to=users'. A ? at the end makes it optional."
)


@app.command(rich_help_panel="Development")
def new(
    context: typer.Context,
    feature: Annotated[str, typer.Argument(help=HELP)],
    fields: Annotated[list[str], typer.Argument(help=FIELDS)],
    one: Annotated[str, typer.Option(help="What one of them is called, if not order.")] = "",
) -> None:
    """Write a feature: model, schemas, repository, routes, migration, tests.

    For example: new orders 'user:belongs_to=users' amount_cents:int 'status:open|paid|cancelled'

    What cannot be is refused in a sentence, and then nothing is written.
    """
    from hotpath.cli.errors import exit_on
    from hotpath.generate.feature import make_feature
    from hotpath.generate.fields import Refused
    from hotpath.generate.writer import write

    service = context.obj
    with exit_on(Refused):
        wanted = make_feature(service, feature, one, fields)
        for path in write(service, Path.cwd(), wanted):
            typer.echo(f"  {path.relative_to(Path.cwd())}")
    typer.echo(f"Read it, then run `{service.distribution} db upgrade` and the tests.")
