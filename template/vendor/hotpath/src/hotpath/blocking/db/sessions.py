"""Sessions, and what differs by more than `async`: a ping, Alembic's connection, streamed rows."""

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import Future
from threading import Lock, Thread
from typing import TYPE_CHECKING, TypeVarTuple

from sqlalchemy import Connection, Engine, Row, Select, event
from sqlalchemy.orm import Session, sessionmaker

from hotpath.blocking.db.engine import open_engine
from hotpath.db.read_only import ReadOnlySession
from hotpath.settings import DatabaseSettings

if TYPE_CHECKING:
    from hotpath.blocking.db.database import Database

Ts = TypeVarTuple("Ts")


class Ping:
    """Asks, and is told within `within_s`; safe for threads.

    A thread that waits cannot be cancelled, so the question is put in one of its own. There is
    one at a time: whoever asks meanwhile shares its answer.
    """

    def __init__(self, ask: Callable[[], None], within_s: float) -> None:
        self._ask = ask
        self._within_s = within_s
        self._lock = Lock()
        self._running: Future[None] | None = None

    def __call__(self) -> None:
        """Ask once.

        Raises:
            TimeoutError: there was no answer yet.
        """
        self._question().result(self._within_s)

    def _question(self) -> Future[None]:
        with self._lock:
            if self._running is None or self._running.done():
                self._running = Future()
                Thread(target=self._run, args=[self._running], name="ping", daemon=True).start()
            return self._running

    def _run(self, question: Future[None]) -> None:
        try:
            question.set_result(self._ask())
        except BaseException as error:
            question.set_exception(error)


def read_only_sessions(engine: Engine) -> sessionmaker[ReadOnlySession]:
    """Make sessions that refuse to write."""
    return sessionmaker(engine, class_=ReadOnlySession, expire_on_commit=False)


def writing_sessions(engine: Engine) -> sessionmaker[Session]:
    """Make sessions whose objects stay readable after the commit."""
    return sessionmaker(engine, expire_on_commit=False)


def after_commit(session: Session, work: Callable[[], None]) -> None:
    """Call `work` once the transaction of this session has been committed, and not if it is not."""
    pending = [work]

    def on_commit(committed: Session) -> None:
        if pending and not committed.in_nested_transaction():  # a savepoint is no commit
            pending.pop()()

    event.listen(session, "after_commit", on_commit)


def with_connection(settings: DatabaseSettings, work: Callable[[Connection], None]) -> None:
    """Run `work` in one transaction."""
    with open_engine(settings) as engine:
        writing = engine.execution_options(is_writing=True)
        with writing.begin() as connection:
            work(connection)


def stream_rows(
    db: "Database", statement: Select[*Ts], rows_each: int
) -> Generator[Sequence[Row[*Ts]]]:
    """Yield the rows in parts of `rows_each`, through a cursor of the server.

    The first part may be empty: there always is one. Holds one connection and one snapshot until
    it is closed: close it with `closing`, as nobody else does so at once.

    Raises:
        DatabaseUnavailable: there was no connection, or it was lost on the way.
    Cost: a round trip a part; memory for one part.
    """
    with db.read_only_transaction() as session:
        connection = session.connection()  # columns need nothing of the session
        result = connection.execute(statement, execution_options={"yield_per": rows_each})
        try:
            yield result.fetchmany(rows_each)
            while part := result.fetchmany(rows_each):
                yield part
        finally:
            result.close()
