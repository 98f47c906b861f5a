"""A process that serves does not look again and again through what stays to its end."""

import gc

from package_name.resources import Resources

from ..apps import served

THOUSANDS = 10_000
YOUNG = 700


async def test_what_is_there_at_the_start_is_not_looked_through(resources: Resources) -> None:
    before = gc.get_threshold()
    gc.set_threshold(YOUNG)  # a test before may have served in this process
    try:
        async with served(resources):
            assert gc.get_freeze_count() > THOUSANDS
            assert gc.get_threshold()[0] > YOUNG
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
