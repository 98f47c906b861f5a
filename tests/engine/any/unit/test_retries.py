"""When a task that raised runs again."""

import pytest
from hotpath.tasks.task import retry_in_s

TRIES = 200


@pytest.mark.parametrize(
    ("attempt", "at_least_s", "at_most_s"),
    [(1, 0.5, 1), (2, 1, 2), (5, 8, 16), (10, 150, 300), (10_000, 150, 300)],
)
def test_waits_double_up_to_a_limit_and_half_of_each_is_by_chance(
    attempt: int, at_least_s: float, at_most_s: float
) -> None:
    waits = {retry_in_s(attempt, wait_s=1, most_s=300) for _ in range(TRIES)}

    assert at_least_s <= min(waits) < max(waits) <= at_most_s
    assert max(waits) - min(waits) > (at_most_s - at_least_s) / 2
    assert len(waits) > TRIES / 2
