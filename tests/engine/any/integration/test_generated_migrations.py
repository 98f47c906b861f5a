"""Revisions of models that nobody would write run up and down, and leave no difference."""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path

import pytest
from hotpath.db import migrations
from hotpath.testing.migrations import schema_of
from hypothesis import HealthCheck, Phase, given, settings

from ..generated_models import Model, build, versions
from ..revisions import Place, assert_same, modelled, open_place


@pytest.fixture
def place(services: Mapping[str, str], tmp_path: Path) -> Iterator[Place]:
    with open_place(services, tmp_path) as opened:
        yield opened


@settings(
    max_examples=12,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],  # to shrink an example takes minutes
    suppress_health_check=list(HealthCheck),
)
@given(versions())
def test_a_revision_leaves_no_difference_and_can_be_undone(
    place: Place, models: tuple[Model, Model]
) -> None:
    place.clear()
    walk(place, *models)


def walk(place: Place, first: Model, second: Model) -> None:
    """Go from nothing to the first model, to the second, and back and forth between them."""
    older, newer = partial(build, first), partial(build, second)
    with modelled(older):
        schema = place.revise(older)
        migrations.upgrade(place.service)
        assert_same(schema_of(place.workspace), schema)
    with modelled(newer):
        schema = place.revise(newer)
    with modelled(older), place.without_the_last():
        migrations.check(place.service)
    migrations.upgrade(place.service)
    assert_same(schema_of(place.workspace), schema)
