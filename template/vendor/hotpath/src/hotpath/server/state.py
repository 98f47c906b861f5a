"""What all connections of a process share."""

from typing import TYPE_CHECKING

from uvicorn import server

from hotpath.http.cors import Cors
from hotpath.server.shedding import Shedder
from hotpath.server.start_queue import StartQueue
from hotpath.settings import ServerSettings

if TYPE_CHECKING:
    from hotpath.server.refusing import RefusingConnection

_BUSY_AFTER_S = 0.02
"""Seconds until a client is told that there are too many requests."""


class ServerState(server.ServerState):
    """What all connections of a process share."""

    def __init__(self, settings: ServerSettings) -> None:
        super().__init__()
        self.settings = settings
        self.is_draining = False
        """Whether connections are closed after their next response."""
        self.root_path = settings.root_path.encode()
        self.cors = Cors.of(settings)
        """Says who may read responses; None for no other origins."""
        self.shedder: Shedder | None = None
        """Says which requests are refused; None for none."""
        self.starts: StartQueue | None = None
        """Begins requests on the event loop; None to begin each at once."""
        self._refused: list[RefusingConnection] = []

    def send_soon(self, connection: "RefusingConnection") -> None:
        """Refuse a request in `_BUSY_AFTER_S`: who is told at once asks again at once."""
        if not self._refused:
            connection.loop.call_later(_BUSY_AFTER_S, self._send_busy)
        self._refused.append(connection)

    def _send_busy(self) -> None:
        refused, self._refused = self._refused, []
        for each in refused:
            each.send_busy_now()
