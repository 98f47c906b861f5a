"""Commands on the schema, thin over Alembic.

There are two branches: `hotpath` has the engine's own tables, `service` those of the service, whose
revisions are in `migrations/` of its package and travel with it.
"""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from sqlalchemy.exc import SQLAlchemyError

from hotpath.service import Service

BRANCH = "service"
"""The label of the service's branch."""

EXPECTED = (CommandError, SQLAlchemyError, OSError)
"""What can go wrong outside of the code: an unknown revision, a database out of reach."""

_ENGINE = Path(__file__).parent.parent / "migrations"


def upgrade(service: Service, revision: str = "heads") -> None:
    """Bring the schema to `revision`; `heads` is the newest of both branches, `+1` one step."""
    target = f"{BRANCH}@{revision}" if revision.startswith("+") else revision
    command.upgrade(_config(service), "heads" if revision == "head" else target)


def downgrade(service: Service, revision: str) -> None:
    """Take the schema back to `revision`; `base` is the empty schema, `-1` one step."""
    target = f"{BRANCH}@{revision}" if revision.startswith("-") else revision
    try:
        command.downgrade(_config(service), target)
    except AssertionError:  # Alembic's, where a relative step leads nowhere
        raise CommandError(
            "There are not so many revisions of the service to take back, or it has several "
            "heads: `db merge` makes one of them."
        ) from None


def merge(service: Service, message: str) -> None:
    """Write a revision that joins the heads of the service's branch, made side by side."""
    config = _config(service)
    found = ScriptDirectory.from_config(config).get_revisions(f"{BRANCH}@heads")
    if len(found) < 2:  # noqa: PLR2004 - one is no fork
        raise CommandError("There is one head, and nothing to merge.")
    written = command.merge(config, [each.revision for each in found if each], message)
    assert written is not None  # noqa: S101 - it is, but for `--sql`
    _format_with_ruff(Path(written.path))


def revision(service: Service, message: str) -> None:
    """Write a new revision from the difference between the models and the database."""
    service.migrations.mkdir(exist_ok=True)
    config = _config(service)
    is_first = not any(service.migrations.glob("*.py"))
    try:
        written = command.revision(
            config,
            message,
            autogenerate=True,
            head="base" if is_first else f"{BRANCH}@head",
            branch_label=BRANCH if is_first else None,
            version_path=str(service.migrations),
        )
    except CommandError as error:
        if "not up to date" not in str(error):
            raise
        raise CommandError(f"{error} Run `db upgrade` first.") from error
    assert isinstance(written, Script)  # noqa: S101 - one message, one script
    _format_with_ruff(Path(written.path))


def check(service: Service) -> None:
    """Raise `alembic.util.CommandError` when models and migrations disagree."""
    command.check(_config(service))


def heads(service: Service) -> tuple[str, ...]:
    """Return the newest revision of each branch."""
    return tuple(ScriptDirectory.from_config(_config(service)).get_heads())


def revisions(service: Service) -> tuple[str, ...]:
    """Return the revisions of the service's branch, oldest first."""
    scripts = ScriptDirectory.from_config(_config(service))
    if not any(service.migrations.glob("*.py")):
        return ()
    newest_first = scripts.walk_revisions("base", f"{BRANCH}@head")
    return tuple(each.revision for each in newest_first)[::-1]


def _format_with_ruff(path: Path) -> None:
    """Let a new revision pass the project's own checks, where its tools are installed."""
    if find_spec("ruff") is None:
        return
    steps = (("format", "--quiet"), ("check", "--fix", "--quiet"), ("format", "--quiet"))
    for arguments in steps:
        ruff = [sys.executable, "-m", "ruff", *arguments, str(path)]
        done = subprocess.run(ruff, capture_output=True, text=True, check=False)  # noqa: S603
        if done.returncode:
            reason = f"{done.stdout}{done.stderr}".strip()
            raise CommandError(f"{path} is written, and ruff refuses it:\n{reason}")


def _config(service: Service) -> Config:
    config = Config(stdout=sys.stdout)  # its default is that of the moment of its import
    folders = filter(Path.is_dir, (_ENGINE / "versions", service.migrations))
    options = {
        "script_location": str(_ENGINE),
        "version_locations": "\n".join(map(str, folders)),
        "path_separator": "newline",
        "file_template": "%(year)d%(month).2d%(day).2d_%(rev)s_%(slug)s",
    }
    for name, value in options.items():
        config.set_main_option(name, value.replace("%", "%%"))
    config.attributes["service"] = service
    return config
