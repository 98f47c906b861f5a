"""The command line of a service: the engine's commands, and its own.

Each command imports what it needs when it runs, so that `--help` is quick.
"""

import sys
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING

from hotpath.observability.garbage_collection import defer_gc
from hotpath.service import Service

if TYPE_CHECKING:
    import typer

_GROUPS = {
    "db": ("hotpath.cli.db", "The database schema."),
    "cache": ("{flavour}.cli.cache", "Cached values."),
    "tasks": ("{flavour}.cli.tasks", "States of tasks."),
    "profile": ("hotpath.cli.profile", "Where time and memory go."),
}


def run(package: str, commands: Sequence[str] = ()) -> None:
    """Run the command that the words of the command line name.

    Args:
        package: The service's package, such as "shop".
        commands: Modules of the package with commands of its own, such as "users.commands": each
            has a `typer.Typer` named `app`. `serve` does not import them, to start sooner.
    """
    service, words = Service(package), sys.argv[1:]
    is_serve = words[:1] == ["serve"]
    if is_serve:
        defer_gc()
    from hotpath.cli.errors import exit_on
    from hotpath.features import Misdeclared

    with exit_on(Misdeclared):
        if words == ["serve"]:
            from hotpath.cli.serving import serve

            serve(service)
        else:
            make_app(service, () if is_serve else commands)(obj=service)


def make_app(service: Service, commands: Sequence[str] = ()) -> "typer.Typer":
    """Return the whole command line; it is called with `obj=service`."""
    import typer

    app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False)
    app.callback()(_main)
    app.add_typer(_app_of("hotpath.cli.serve"))
    if find_spec("ruff") is not None:  # of development
        app.add_typer(_app_of("hotpath.cli.new"))
    if service.has_workers:
        app.add_typer(_app_of(f"{service.flavour}.cli.worker"))
    for name, (module, text) in _GROUPS.items():
        app.add_typer(_app_of(module.format(flavour=service.flavour)), name=name, help=text)
    if find_spec("hotpath_services") is not None:  # of development, not installed in production
        app.add_typer(_app_of("hotpath_services.commands"), name="services")
    for module in commands:
        app.add_typer(_app_of(f"{service.package}.{module}"))
    return app


def _main() -> None:
    """Run and look after the service."""


def _app_of(module: str) -> "typer.Typer":
    app: typer.Typer = import_module(module).app
    return app
