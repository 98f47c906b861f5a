"""Structured logs: one shape for all lines, those of libraries included, with the request id."""

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, cast

import orjson

from hotpath.settings import ObservabilitySettings


@contextmanager
def without(module: str) -> Iterator[None]:
    """Hide an optional dependency from the imports inside; they must work without it."""
    modules = cast(dict[str, Any], sys.modules)
    imported = modules.get(module)
    modules[module] = None
    try:
        yield
    finally:
        if imported is None:
            del modules[module]
        else:
            modules[module] = imported


with without("rich"):  # for tracebacks that are not used here: 5 MB and 30 ms of a process
    import structlog
    from structlog.contextvars import bound_contextvars, merge_contextvars
    from structlog.typing import EventDict, FilteringBoundLogger, Processor

REQUEST_ID: ContextVar[str] = ContextVar("request_id")
"""Set while a request is handled; every line logged meanwhile has it."""

bound_to_task = bound_contextvars
"""Context manager: every line logged inside has these fields."""


def get_logger() -> FilteringBoundLogger:
    """Return the logger; its fields are keyword arguments."""
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def configure_logs(settings: ObservabilitySettings, *, is_json: bool) -> None:
    """Send all lines, those of libraries included, to stderr in one shape."""
    level = logging.getLevelNamesMapping()[settings.level.upper()]
    shared: list[Processor] = [
        merge_contextvars,
        _add_request_id,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                *_renderers(is_json=is_json),
            ],
        )
    )
    logging.basicConfig(handlers=[handler], level=level, force=True)


def _add_request_id(_: Any, __: str, event: EventDict) -> EventDict:
    request_id = REQUEST_ID.get(None)
    if request_id is not None:
        event["request_id"] = request_id
    return event


def _renderers(*, is_json: bool) -> list[Processor]:
    if is_json:
        return [structlog.processors.format_exc_info, structlog.processors.JSONRenderer(_dumps)]
    # Not rich's tracebacks, which take seconds and show the values of variables.
    traceback = structlog.dev.plain_traceback
    return [
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=traceback)
    ]


def _dumps(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()
