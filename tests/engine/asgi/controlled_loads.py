"""A load that ends when a test says so."""

import asyncio
from collections.abc import Mapping, Sequence

Found = Mapping[str, str | Exception]
TURNS = 10


async def settled() -> None:
    """Let the event loop turn until nothing that can go on is left."""
    for _ in range(TURNS):
        await asyncio.sleep(0)


class ControlledLoads:
    """Finds every key in capitals, unless told otherwise."""

    def __init__(self) -> None:
        self.keys: list[list[str]] = []
        self._answers: list[asyncio.Future[Found | BaseException]] = []

    async def load(self, keys: Sequence[str]) -> Found:
        """Wait for the answer to this load."""
        answer: asyncio.Future[Found | BaseException] = asyncio.get_running_loop().create_future()
        self.keys.append(list(keys))
        self._answers.append(answer)
        found = await answer
        if isinstance(found, BaseException):
            raise found
        return found

    def answer(self, number: int, found: Found | BaseException | None = None) -> None:
        """Let a load, counted from 0, find what is given or fail with it."""
        every = {key: key.upper() for key in self.keys[number]}
        self._answers[number].set_result(every if found is None else found)
