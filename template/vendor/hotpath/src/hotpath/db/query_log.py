"""Every statement is timed; slow ones are logged, without their parameters."""

import re
from collections.abc import Callable
from functools import lru_cache
from hashlib import blake2b
from time import perf_counter
from typing import Any, ClassVar

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext, ExecutionContext

from hotpath.observability.logs import get_logger
from hotpath.observability.metrics import Metrics
from hotpath.observability.request_context import REQUEST

MAX_TEXT = 2000
_MAX_REMEMBERED = 1024
_STARTED = "statement_started"
_VALUES = re.compile(
    r"""
    \$(\w*)\$ .*? \$\1\$        # $$text$$
    | '(?:[^']|'')*'            # 'text'
    | (?<![\w$"]) \d+(?:\.\d+)? \b
    | \$\d+ | %\(\w+\)s | %s    # parameters of the drivers; SQLite's is ? already
    """,
    re.VERBOSE | re.DOTALL,
)
_LISTS = re.compile(r"\(\s*\?(?:::[\w ]+)?(?:\s*,\s*\?(?:::[\w ]+)?)*\s*\)")


class QueryLog:
    """Times statements, and logs slow ones."""

    listeners: ClassVar[list[Callable[[str], None]]] = []
    """Called with the text of every statement of this process; for query budgets in tests."""

    def __init__(self, slow_s: float, metrics: Metrics, system: str = "other_sql") -> None:
        """Make the log; `system` is the name of the database in traces."""
        self._slow_s = slow_s
        self._system = system
        self._seconds = metrics.query_seconds
        self._by_text = metrics.statements

    def ended(
        self, text: str, seconds: float, rows: int | None, error: BaseException | None = None
    ) -> None:
        """Time a statement. Cost while it is fast: one comparison and 0.3 µs.

        Args:
            rows: Read or changed; None where it failed or the driver cannot say.
            error: What it failed with.
        """
        self._seconds.add(seconds)
        self._by_text.add(text, seconds)
        request = REQUEST.get(None)
        if request is not None:
            request.waiting().database_s += seconds
            if request.trace is not None and request.trace.trace_id:
                request.trace.add_query(self._system, _plain(text), seconds, rows, error)
        for listener in self.listeners:
            listener(text)
        if seconds >= self._slow_s:
            _log_slow(text, seconds, rows)


def fingerprint(text: str) -> tuple[str, str]:
    """Return what tells statements apart, whatever their values: a short hash and the text."""
    plain = " ".join(_LISTS.sub("(?)", _VALUES.sub("?", text)).split())
    return blake2b(plain.encode(), digest_size=8).hexdigest(), plain


def watch_engine(engine: Engine, statements: QueryLog) -> None:
    """Watch through the engine's events: for drivers that are done when `execute` returns.

    A streamed result is timed up to its first rows.
    """

    @event.listens_for(engine, "before_cursor_execute")
    def start(connection: Connection, *_: object) -> None:
        connection.info[_STARTED] = perf_counter()

    @event.listens_for(engine, "after_cursor_execute")
    def end(
        connection: Connection,
        cursor: Any,
        text: str,
        _: object,
        context: ExecutionContext,
        __: bool,
    ) -> None:
        is_told = cursor.rowcount >= 0 and not context.execution_options.get("stream_results")
        elapsed = perf_counter() - connection.info.pop(_STARTED)
        statements.ended(text, elapsed, cursor.rowcount if is_told else None)

    @event.listens_for(engine, "handle_error")
    def fail(context: ExceptionContext) -> None:
        info = context.connection.info if context.connection is not None else {}
        if context.statement is not None and _STARTED in info:
            elapsed = perf_counter() - info.pop(_STARTED)
            statements.ended(context.statement, elapsed, None, context.original_exception)


@lru_cache(_MAX_REMEMBERED)
def _plain(text: str) -> str:
    return fingerprint(text)[1][:MAX_TEXT]


def _log_slow(text: str, seconds: float, rows: int | None) -> None:
    key, plain = fingerprint(text)
    get_logger().warning(
        "slow query",
        fingerprint=key,
        statement=plain[:MAX_TEXT],
        seconds=round(seconds, 6),
        rows=rows,
    )
