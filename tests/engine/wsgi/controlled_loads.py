"""A load that ends when a test says so."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from threading import Thread

Found = Mapping[str, str | Exception]
SOON_S = 20.0


class ControlledLoads:
    """Finds every key in capitals, unless told otherwise."""

    def __init__(self) -> None:
        self._loads: list[tuple[list[str], Future[Found]]] = []

    @property
    def keys(self) -> list[list[str]]:
        """The keys of each load."""
        return [keys for keys, _ in self._loads]

    def load(self, keys: Sequence[str]) -> Found:
        """Wait for the answer to this load."""
        answer: Future[Found] = Future()
        self._loads.append((list(keys), answer))
        return answer.result(SOON_S)

    def answer(self, number: int, found: Found | BaseException | None = None) -> None:
        """Let a load, counted from 0, find what is given or fail with it."""
        keys, answer = self._loads[number]
        if isinstance(found, BaseException):
            answer.set_exception(found)
        else:
            answer.set_result({key: key.upper() for key in keys} if found is None else found)


def called(ask: Callable[[str], str | None], key: str) -> Future[str | None]:
    """Ask in a thread of its own."""
    answer: Future[str | None] = Future()

    def run() -> None:
        try:
            answer.set_result(ask(key))
        except BaseException as error:  # the test looks at it
            answer.set_exception(error)

    Thread(target=run, daemon=True).start()
    return answer
