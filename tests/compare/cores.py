"""Which core serves, and which ones load and hold the data."""

import ctypes
import os
import signal
from collections.abc import Callable, Iterable
from dataclasses import dataclass

PR_SET_PDEATHSIG = 1


class CompareError(Exception):
    """The comparison cannot go on; the message is for people."""


@dataclass(frozen=True)
class Cores:
    """A core for the service, the others for the load generator, the databases and this process."""

    service: frozenset[int]
    others: frozenset[int]

    @property
    def all(self) -> frozenset[int]:
        return self.service | self.others


def choose_cores(available: Iterable[int]) -> Cores:
    """Give the first core to the service.

    Raises:
        CompareError: there is only one.
    """
    first, *others = sorted(available)
    if not others:
        raise CompareError("One core: the service and its load need a core each, at least two.")
    return Cores(frozenset({first}), frozenset(others))


def pinned(cores: frozenset[int]) -> Callable[[], None]:
    """Return what a child process calls first: it runs on `cores` only and ends with this one."""
    libc = ctypes.CDLL(None)

    def prepare() -> None:
        os.sched_setaffinity(0, cores)
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGTERM)

    return prepare
