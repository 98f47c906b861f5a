"""A process that serves imports nothing that only commands and tests need."""

from hotpath.testing.imports import assert_late_imports


def test_what_is_imported_late_is_not_imported_with_the_app() -> None:
    assert_late_imports()
