"""Thresholds of the garbage collector: while a process starts, and while it serves."""

import gc

_START_THRESHOLD = 1_000_000
"""Net allocations until a collection, while a process starts: above the 140,000 of the imports,
whose collections would take 110 ms and free nothing."""

_SERVE_THRESHOLD = 10_000
"""The same while it serves. Python's default of 700 is for scripts: a request allocates a hundred
objects that reference counting frees."""


def defer_gc() -> None:
    """Run no collection until `freeze_gc`; call it before the imports."""
    gc.set_threshold(_START_THRESHOLD, *gc.get_threshold()[1:])


def freeze_gc() -> None:
    """Exclude all present objects from collections; call it when a process is ready to serve.

    Modules, routes and models live as long as the process. To traverse them takes 30 to 50 ms, in
    which no request is served. There is no collection before the freeze either: it would take 70
    to 110 ms and free half a megabyte.
    """
    gc.freeze()
    gc.set_threshold(_SERVE_THRESHOLD, *gc.get_threshold()[1:])
