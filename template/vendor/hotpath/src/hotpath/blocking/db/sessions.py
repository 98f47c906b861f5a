"""A question to the database with a limit of its own."""

from collections.abc import Callable
from concurrent.futures import Future
from threading import Lock, Thread

from sqlalchemy import Engine
from sqlalchemy.orm import Session, sessionmaker

from hotpath.db.read_only import ReadOnlySession


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
