"""What timers of this process measured."""

from hotpath.observability.timers import TIMERS, TimerFigures


def figures(name: str) -> TimerFigures:
    """Return the figures of one name."""
    [found] = [each for each in TIMERS.figures() if each.name == name]
    return found
