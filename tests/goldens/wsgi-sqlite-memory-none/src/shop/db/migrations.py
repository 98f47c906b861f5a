"""Commands on the schema, thin over Alembic; `migrations/` holds the revisions."""

import sys
from importlib.util import find_spec
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

MIGRATIONS = Path("migrations")


class NoMigrations(FileNotFoundError):
    """The working directory has no `migrations/`."""


EXPECTED = (CommandError, SQLAlchemyError, OSError)
"""What can go wrong without a fault of ours: an unknown revision, a database out of reach."""


def upgrade(revision: str = "head") -> None:
    """Bring the schema to `revision`."""
    command.upgrade(_config(), revision)


def downgrade(revision: str) -> None:
    """Take the schema back to `revision`; `base` is the empty schema, `-1` one step."""
    command.downgrade(_config(), revision)


def revision(message: str) -> None:
    """Write a new revision from the difference between the models and the database."""
    config = _config()
    _format_with_ruff(config)
    try:
        command.revision(config, message, autogenerate=True)
    except CommandError as error:
        raise CommandError(f"{error} Is the database there, and after `db upgrade`?") from error


def check() -> None:
    """Raise `alembic.util.CommandError` when models and migrations disagree."""
    command.check(_config())


def _format_with_ruff(config: Config) -> None:
    """Let new revisions pass the project's own checks, where its tools are installed."""
    if find_spec("ruff") is None:
        return
    commands = {"fix": "check --fix --quiet", "format": "format --quiet"}
    for name, arguments in commands.items():
        hook = {"type": "module", "module": "ruff"}
        hook["options"] = f"{arguments} REVISION_SCRIPT_FILENAME"
        for option, value in hook.items():
            config.set_section_option("post_write_hooks", f"{name}.{option}", value)
    config.set_section_option("post_write_hooks", "hooks", ", ".join(commands))


def _config() -> Config:
    if not (MIGRATIONS / "env.py").is_file():
        raise NoMigrations(f"{MIGRATIONS.resolve()} is missing: run this in the project's folder")
    config = Config(stdout=sys.stdout)  # its default is that of the moment of its import
    config.set_main_option("script_location", str(MIGRATIONS))
    config.set_main_option("file_template", "%%(year)d%%(month).2d%%(day).2d_%%(slug)s")
    return config
