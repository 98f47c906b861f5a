"""What a profile is: seconds by stack, with totals by function. Knows no profiler and no format."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, NamedTuple

Clock = Literal["wall", "cpu"]
Kind = Literal["process", "request", "function", "command"]

MAX_STACKS = 20_000
"""Different stacks of one profile, 10 MB; the time of others is summed up."""

AWAIT = "[await]"
"""The name of what a coroutine does while it is suspended."""


class Frame(NamedTuple):
    """A function; functions in C have no file, and line 0."""

    name: str
    file: str
    line: int

    @property
    def place(self) -> str:
        """Where it is, such as `shop/users/service.py:12`."""
        return f"{self.file}:{self.line}" if self.file else "built-in"


Stack = tuple[Frame, ...]
"""From the outermost function to the innermost."""

OTHERS = Frame("[other stacks]", "", 0)


@dataclass(frozen=True)
class About:
    """What was profiled, and when."""

    kind: Kind
    name: str
    """Such as `GET /users/7`."""
    clock: Clock
    started_at: str
    """ISO 8601, UTC."""
    seconds: float
    """How long it was profiled."""
    idle_seconds: float
    """Seconds of the event loop, and of the threads that handle requests, with nothing to do."""
    pid: int


@dataclass
class Profile:
    """Seconds by stack."""

    about: About
    seconds_by_stack: Mapping[Stack, float] = field(default_factory=dict)

    @property
    def total_seconds(self) -> float:
        """Seconds of all stacks."""
        return sum(self.seconds_by_stack.values())

    def own_seconds(self) -> list[tuple[Frame, float]]:
        """Return the seconds that each function ran itself, most first."""
        own: defaultdict[Frame, float] = defaultdict(float)
        for stack, seconds in self.seconds_by_stack.items():
            own[stack[-1]] += seconds
        return sorted(own.items(), key=lambda each: -each[1])

    def add(self, other: "Profile") -> "Profile":
        """Return the sum of two profiles of one subject; it is as old as the first."""
        summed = defaultdict(float, self.seconds_by_stack)
        for stack, seconds in other.seconds_by_stack.items():
            is_kept = stack in summed or len(summed) < MAX_STACKS
            summed[stack if is_kept else (OTHERS,)] += seconds
        length = self.about.seconds + other.about.seconds
        return Profile(replace(self.about, seconds=length), summed)

    def to_json(self) -> dict[str, Any]:
        """Return it as JSON values: each function once, stacks as their numbers."""
        number_by_frame: dict[Frame, int] = {}
        stacks = [
            ([number_by_frame.setdefault(each, len(number_by_frame)) for each in stack], seconds)
            for stack, seconds in self.seconds_by_stack.items()
        ]
        frames = [list(each) for each in number_by_frame]
        return {"about": vars(self.about), "frames": frames, "stacks": stacks}

    @classmethod
    def from_json(cls, content: Mapping[str, Any]) -> "Profile":
        """Return what `to_json` was called on."""
        frames = [Frame(*each) for each in content["frames"]]
        return cls(
            About(**content["about"]),
            {tuple(frames[each] for each in stack): sec for stack, sec in content["stacks"]},
        )


@dataclass
class Node:
    """A function as called from its callers; `children` are what it calls."""

    frame: Frame
    seconds: float = 0.0
    children: dict[Frame, "Node"] = field(default_factory=dict)

    def walk(self, start: float = 0.0, depth: int = 0) -> Iterator[tuple["Node", float, int]]:
        """Yield each node with where it starts, in seconds, and how deep it is."""
        yield self, start, depth
        for child in sorted(self.children.values(), key=lambda each: -each.seconds):
            yield from child.walk(start, depth + 1)
            start += child.seconds


def tree_of(profile: Profile, max_depth: int) -> Node:
    """Return the call tree of a profile, below a root for all of it; deeper calls are cut off."""
    root = Node(Frame("all", "", 0))
    for stack, seconds in profile.seconds_by_stack.items():
        _add(root, stack[:max_depth], seconds)
    return root


def _add(root: Node, stack: Iterable[Frame], seconds: float) -> None:
    node = root
    node.seconds += seconds
    for frame in stack:
        node = node.children.setdefault(frame, Node(frame))
        node.seconds += seconds
