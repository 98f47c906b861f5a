"""What every command needs: the settings, and a plain sentence when something is missing."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from ..settings import InvalidSettings, Settings, read_settings

_RED, _PLAIN = "\033[31m", "\033[0m"


class _NotMigrated(Exception):
    """The database is not as the models say."""


def given_settings() -> Settings:
    """Read the settings, or end with one sentence for each wrong one."""
    with sentence_for(InvalidSettings):
        return read_settings()


@contextmanager
def sentence_for(*errors: type[Exception]) -> Iterator[None]:
    """End the command with the message of an expected error instead of a traceback."""
    try:
        yield
    except errors as error:
        red, plain = (_RED, _PLAIN) if sys.stderr.isatty() else ("", "")
        sys.stderr.write(f"{red}{error}{plain}\n")
        sys.exit(1)


@contextmanager
def sentence_for_database(*errors: type[Exception]) -> Iterator[None]:
    """As `sentence_for`, also when the database does not answer or is not migrated."""
    from sqlalchemy.exc import SQLAlchemyError

    from ..db.losses import is_unmigrated
    from ..db.session import DatabaseUnavailable

    with sentence_for(DatabaseUnavailable, _NotMigrated, *errors):
        try:
            yield
        except SQLAlchemyError as error:
            if is_unmigrated(error):
                raise _NotMigrated("The database lacks tables: run `db upgrade`.") from None
            raise
