"""Structured logs: one shape for all lines, those of libraries included, with the request id."""

import logging
import re
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from io import StringIO
from types import TracebackType
from typing import Any, cast

import orjson

from hotpath.observability.request_context import REQUEST
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

_OWN = "hotpath"
_QUIET = ("httpx2", "httpcore2", "urllib3", "multipart")
"""Libraries that log each request that is sent, with its URL."""

_VALUES = re.compile(
    r"""
    ^(?:DETAIL|CONTEXT):.*$                        # of PostgreSQL: the key that is there already
    | (?<=input_value=).*?(?=,[ ]input_type=)      # of Pydantic
    | (?<=invalid[ ]input)[^:\n]*:[ ].*$            # of PostgreSQL: what it could not convert
    """,
    re.VERBOSE | re.MULTILINE,
)

_ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None]

bound_to_task = bound_contextvars
"""Context manager: every line logged inside has these fields."""


def get_logger() -> FilteringBoundLogger:
    """Return the logger; its fields are keyword arguments."""
    logger: FilteringBoundLogger = structlog.get_logger()
    return logger


def request_id() -> str | None:
    """Return the id of the request that is handled now."""
    request = REQUEST.get(None)
    return None if request is None else request.request_id


def configure_logs(
    settings: ObservabilitySettings, *, is_json: bool, package: str | None = None
) -> None:
    """Send all lines, those of libraries included, to stderr in one shape.

    Args:
        package: The service's; its level is that of the settings, that of libraries at least info.
    """
    level = _number(settings.level or "info")
    levels = [level, *map(_number, settings.levels.values())]
    shared: list[Processor] = [
        merge_contextvars,
        _add_request,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, _for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(min(levels)),
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
    logging.basicConfig(handlers=[handler], level=max(level, logging.INFO), force=True)
    logging.captureWarnings(is_json)
    for name in filter(None, (_OWN, package)):
        logging.getLogger(name).setLevel(level)
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(level, logging.WARNING))
    for name, text in settings.levels.items():
        logging.getLogger(name).setLevel(_number(text))


@contextmanager
def errors_alone() -> Iterator[None]:
    """Log errors alone, to stderr, where no log was set up: a command says itself what is wrong."""
    if structlog.is_configured():
        yield
        return
    structlog.configure(
        wrapper_class=structlog.make_filtering_bound_logger(logging.ERROR),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    try:
        yield
    finally:
        structlog.reset_defaults()


def log_uncaught() -> None:
    """Log what nobody catches as all else is logged, in this process and what it forks."""

    def log(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        if isinstance(error, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            get_logger().critical("uncaught exception", exc_info=(kind, error, trace))

    def log_of_thread(args: threading.ExceptHookArgs) -> None:
        if args.exc_value is not None:
            log(args.exc_type, args.exc_value, args.exc_traceback)

    sys.excepthook = log
    threading.excepthook = log_of_thread


def _number(level: str) -> int:
    return logging.getLevelNamesMapping()[level.upper()]


def _add_request(_: Any, __: str, event: EventDict) -> EventDict:
    request = REQUEST.get(None)
    if request is None:
        return event
    if request.request_id is not None:
        event["request_id"] = request.request_id
    if request.trace is not None and request.trace.trace_id:
        event["trace_id"] = request.trace.trace_id
    return event


def _for_formatter(
    logger: Any, name: str, event: EventDict
) -> tuple[tuple[EventDict], dict[str, Any]]:
    """Pass an exception as `logging` knows it too: other handlers look for it there."""
    args, kwargs = structlog.stdlib.ProcessorFormatter.wrap_for_formatter(logger, name, event)
    return args, {**kwargs, "exc_info": event.get("exc_info")}


def _renderers(*, is_json: bool) -> list[Processor]:
    if is_json:
        exceptions = structlog.processors.ExceptionRenderer(_traceback)
        return [exceptions, structlog.processors.JSONRenderer(_dumps)]
    # Not rich's tracebacks, which take seconds and show the values of variables.
    traceback = structlog.dev.plain_traceback
    return [
        structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=traceback)
    ]


def _dumps(event: Any, **_: Any) -> str:
    return orjson.dumps(event, default=str).decode()


def _traceback(exc_info: _ExcInfo) -> str:
    """Return a traceback without values of people, which libraries put into messages."""
    text = StringIO()
    structlog.dev.plain_traceback(text, exc_info)
    return without_values(text.getvalue()).strip()


def without_values(text: str) -> str:
    """Return a message of an error without what people have entered."""
    return _VALUES.sub("…", text)
