"""The command line: one file of `commands/` per command."""

import typer

from .commands import cache, db, features, serve, tasks, worker
from .services.commands import app as services

app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def main() -> None:
    """Run and look after the service."""


app.add_typer(serve.app)
app.add_typer(worker.app)
app.add_typer(db.app, name="db", help="The database schema.")
app.add_typer(cache.app, name="cache", help="Kept answers.")
app.add_typer(tasks.app, name="tasks", help="States of tasks.")
app.add_typer(services, name="services")
for commands in features.COMMANDS:
    app.add_typer(commands)
