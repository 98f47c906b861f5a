"""The schema: the same as the models', and every migration can be undone."""

from hotpath.testing.migrations import (
    assert_every_migration_can_be_undone,
    assert_models_and_migrations_agree,
)
from hotpath.testing.workspace import Workspace


def test_models_and_migrations_agree(empty_database: Workspace) -> None:
    assert_models_and_migrations_agree(empty_database)


def test_every_migration_can_be_undone(empty_database: Workspace) -> None:
    assert_every_migration_can_be_undone(empty_database)
