"""Prepared statements of psycopg below its cursors, with libpq's own calls.

psycopg's cursor finds out for each call what is known here: that takes 10 µs of 45. Not public and
pinned to psycopg 3.3: `Transformer`, `psycopg.generators.execute`, `Connection.wait` and `pgconn`.
`DB__DEDICATED_CONNECTIONS=0` does without all of it but the limit of silence.
"""

import re
from collections.abc import Generator, Sequence
from contextlib import suppress
from itertools import count
from time import monotonic
from typing import Any, NamedTuple, TypeVar

import psycopg
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import error_from_result
from psycopg.generators import execute
from psycopg.pq import ExecStatus, Format
from psycopg.pq.abc import PGresult

from hotpath.observability.request_context import is_late

_PLACEHOLDER = re.compile("%([s%])")
_CANCEL_S = 1.0
"""Seconds that the server has to take note of a cancellation."""
_DONE = (ExecStatus.TUPLES_OK, ExecStatus.COMMAND_OK)

T = TypeVar("T")
Types = tuple[int, ...]


class Prepared(NamedTuple):
    """A statement that the server has prepared."""

    name: bytes
    result_format: Format


class Connection(psycopg.Connection[Any]):
    """Closes itself when the server is silent for too long; psycopg would wait for ever."""

    silence_s: float

    def wait(self, gen: PQGen[T], *args: Any, **options: Any) -> T:
        """Wait for the end of `gen`, or raise `psycopg.OperationalError`."""
        return super().wait(self._limited(gen), *args, **options)

    def _limited(self, gen: PQGen[T]) -> Generator[Any, Any, T]:
        """Pass everything through; psycopg sends nothing, 0, ten times a second while it waits."""
        last_at = monotonic()
        try:
            wanted = next(gen)
            while True:
                ready = yield wanted
                if ready:
                    last_at = monotonic()
                elif is_late():
                    self._give_up()
                    raise psycopg.OperationalError("the request took longer than it may")
                elif monotonic() - last_at > self.silence_s:
                    self.close()
                    raise psycopg.OperationalError(f"no answer within {self.silence_s:g} s")
                wanted = gen.send(ready)
        except StopIteration as end:
            result: T = end.value
            return result

    def _give_up(self) -> None:
        """Have the server cancel what it does, which nobody waits for any more."""
        with suppress(psycopg.Error):
            self.cancel_safe(timeout=_CANCEL_S)
        self.close()


class DriverConnection:
    """A connection with the statements that its server has prepared."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self._server = connection.pgconn
        self._values = Transformer.from_context(connection)
        self._prepared: dict[tuple[str, Types], Prepared] = {}

    def run(self, text: str, arguments: Sequence[Any]) -> Sequence[Sequence[Any]]:
        """Run a statement of the dialect, prepared if it is not the first time; return its rows.

        Raises:
            psycopg.Error: as a cursor does.
        """
        values = self._values
        dumped = values.dump_sequence(arguments, [PyFormat.BINARY] * len(arguments))
        types = values.types or ()
        name, result_format = self._prepared.get((text, types)) or self._prepare(text, types)
        self._server.send_query_prepared(name, dumped, values.formats, result_format)
        result = self._result()
        values.set_pgresult(result)
        return values.load_rows(0, result.ntuples, tuple)

    def _prepare(self, text: str, types: Types) -> Prepared:
        known, most = self._prepared, self.connection.prepared_max
        if most is not None and len(known) >= most:
            self.connection.execute("DEALLOCATE ALL", prepare=False)
            known.clear()
        name = b"hotpath_%d" % len(known)
        self._server.send_prepare(name, _numbered(text).encode(), types)
        self._result()
        self._server.send_describe_prepared(name)
        prepared = known[text, types] = Prepared(name, self._format_of(self._result()))
        return prepared

    def _format_of(self, described: PGresult) -> Format:
        """Return text if psycopg does not know a column's type, such as an enum's, as binary."""
        columns = map(described.ftype, range(described.nfields))
        loader = self.connection.adapters.get_loader
        is_known = all(loader(oid, Format.BINARY) for oid in columns)
        return Format.BINARY if is_known else Format.TEXT

    def _result(self) -> PGresult:
        """Wait for the end of what was sent, for no longer than the connection does."""
        result: PGresult = self.connection.wait(execute(self._server))[-1]
        if result.status not in _DONE:
            raise error_from_result(result, self._values.encoding)
        return result


def _numbered(text: str) -> str:
    """Return a statement with `$1`, `$2` where the dialect writes `%s`, as the server wants it."""
    numbers = count(1)
    return _PLACEHOLDER.sub(
        lambda placeholder: f"${next(numbers)}" if placeholder[1] == "s" else "%", text
    )
