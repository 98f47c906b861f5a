"""What batches are expected to do, said in a few lines: the batchers are compared with it."""

from collections.abc import Sequence

MAX_SIZE = 3
KEYS = "abcdefg"


class Model:
    """Which callers gather for which keys, and which batches are in flight."""

    def __init__(self) -> None:
        self.gathering: dict[str, set[int]] = {}
        self.in_flight: list[dict[str, set[int]]] = []

    def arrive(self, callers: Sequence[tuple[int, str]]) -> None:
        """Let callers come in one turn: a full batch leaves, and one if none is in flight."""
        for caller, key in callers:
            self.gathering.setdefault(key, set()).add(caller)
            if len(self.gathering) == MAX_SIZE:
                self._leave()
        self._leave_if_free()

    def give_up(self, caller: int) -> None:
        """Take a caller away; a key that nobody waits for any more is not looked up."""
        for callers in (*self.gathering.values(), *self._flying_callers()):
            callers.discard(caller)
        self.gathering = {key: callers for key, callers in self.gathering.items() if callers}

    def land(self, number: int) -> dict[int, str]:
        """End a batch; return who of it gets an answer, and for which key."""
        completed = self.in_flight.pop(number)
        if self.gathering:
            self._leave()
        return {caller: key for key, callers in completed.items() for caller in callers}

    def waiting(self) -> int:
        """Count the callers that gather."""
        return sum(map(len, self.gathering.values()))

    def keys_in_flight(self) -> list[list[str]]:
        """Return the keys of each batch."""
        return [list(batch) for batch in self.in_flight]

    def _flying_callers(self) -> list[set[int]]:
        return [callers for batch in self.in_flight for callers in batch.values()]

    def _leave(self) -> None:
        self.in_flight.append(self.gathering)
        self.gathering = {}

    def _leave_if_free(self) -> None:
        if self.gathering and not self.in_flight:
            self._leave()
