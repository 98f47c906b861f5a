"""What every command needs: the settings, and a sentence instead of a traceback."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from hotpath.service import Service
from hotpath.settings import InvalidSettings, ServiceSettings

_RED, _PLAIN = "\033[31m", "\033[0m"


class _NotMigrated(Exception):
    """The database is not as the models say."""


def load_settings(service: Service) -> ServiceSettings:
    """Read the settings, or end with one sentence for each wrong one."""
    with exit_on(InvalidSettings):
        return service.read_settings()


@contextmanager
def exit_on(*errors: type[Exception]) -> Iterator[None]:
    """End the command with the message of an expected error instead of a traceback."""
    try:
        yield
    except errors as error:
        red, plain = (_RED, _PLAIN) if sys.stderr.isatty() else ("", "")
        sys.stderr.write(f"{red}{error}{plain}\n")
        sys.exit(1)


@contextmanager
def exit_on_database_error(*errors: type[Exception]) -> Iterator[None]:
    """As `exit_on`, also when settings are wrong or the database is down or not migrated."""
    from sqlalchemy.exc import SQLAlchemyError

    from hotpath.db.errors import DatabaseUnavailable, is_schema_missing
    from hotpath.observability.logs import errors_alone

    with errors_alone(), exit_on(InvalidSettings, DatabaseUnavailable, _NotMigrated, *errors):
        try:
            yield
        except SQLAlchemyError as error:
            if is_schema_missing(error):
                raise _NotMigrated("The database lacks tables: run `db upgrade`.") from None
            raise
