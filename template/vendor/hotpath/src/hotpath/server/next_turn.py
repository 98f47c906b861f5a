"""Data that is looked at in the next turn of the event loop.

What many clients send at once is read in one turn of the loop. If each of their requests began in
it, all of them would be handled before anything is known of what they cost, and nothing else until
then.
"""

import asyncio
from typing import TYPE_CHECKING

from hotpath.server.shedding import LEAST, TICK_S, Shedder

if TYPE_CHECKING:
    from hotpath.server.connection import Connection


class NextTurn:
    """Keeps data for the next turn of an event loop, in the order in which it came.

    While it is not known what requests cost, as many begin in a turn as may always wait.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop, shedder: Shedder) -> None:
        self._loop = loop
        self._shedder = shedder
        self._kept: list[tuple[Connection, bytes]] = []
        self._until = LEAST
        """Requests that may have begun since the last tick before data is kept."""

    def keeps(self, connection: "Connection", data: bytes) -> bool:
        """Keep data of a connection, or its end, if enough requests have begun in this turn.

        Args:
            connection: Which gets the data in the next turn.
            data: Empty at the end of what the client sends.

        Cost: 0.2 µs, 0.3 µs for what is kept.
        """
        if not self._kept:
            shedder = self._shedder
            if shedder.begun < LEAST:  # a tick has been since
                self._until = LEAST
            if shedder.most is not None or shedder.begun < self._until:
                return False
            self._loop.call_soon(self._give_back)
        connection.is_kept = True
        self._kept.append((connection, data))
        return True

    def _give_back(self) -> None:
        kept, self._kept = self._kept, []
        self._shedder.look(TICK_S)
        self._until = self._shedder.begun + LEAST
        for connection, data in kept:
            connection.is_kept = False
            if connection.transport.is_closing():
                continue
            try:
                _give(connection, data)
            except Exception as error:  # the others get theirs
                failure = {"message": "a connection failed", "exception": error}
                self._loop.call_exception_handler({**failure, "protocol": connection})
                connection.transport.abort()


def _give(connection: "Connection", data: bytes) -> None:
    """Do what the event loop does with what it has read."""
    if data:
        connection.data_received(data)
    elif not connection.eof_received():
        connection.transport.close()
