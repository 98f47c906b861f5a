"""Functions to profile, and what is reported of them."""

from hotpath.profiling.decorator import report
from hotpath.profiling.profile import Profile
from hotpath.profiling.schemas import FunctionOut
from hotpath.profiling.store import open_store


def burn() -> int:
    """Burn CPU for 5 ms or so."""
    total = 0
    for number in range(200_000):
        total += number
    return total


def figures(name: str) -> FunctionOut:
    """Return what is reported of the last function with that name."""
    found = [each for each in report().functions if each.name.endswith(f".{name}")]
    return found[-1]


def profile_of(name: str) -> Profile:
    """Return the profile of it."""
    return open_store().load(figures(name).path.rpartition("/")[2])
