"""Time limits of tasks that contradict each other."""

from pathlib import Path

import pytest

from ..odd_settings import refused, settings_of
from ..shop import PREFIX


@pytest.mark.parametrize("soft_s", [100, 101])
def test_a_soft_limit_that_is_not_below_the_hard_one_is_a_sentence(
    tmp_path: Path, soft_s: int
) -> None:
    said = refused(tmp_path, TASKS__SOFT_TIME_LIMIT_S=soft_s, TASKS__TIME_LIMIT_S=100)

    assert said.startswith(f"{PREFIX}TASKS: soft_time_limit_s ({soft_s}) must be below ")
    assert settings_of(tmp_path, TASKS__SOFT_TIME_LIMIT_S=99, TASKS__TIME_LIMIT_S=100)


def test_a_limit_that_is_none_is_not_told_twice(tmp_path: Path) -> None:
    """What would hold in its place is nothing that the user has set."""
    said = refused(tmp_path, TASKS__SOFT_TIME_LIMIT_S="50s", TASKS__TIME_LIMIT_S=100)

    assert said.startswith(f"{PREFIX}TASKS__SOFT_TIME_LIMIT_S: ")
    assert "\n" not in said
