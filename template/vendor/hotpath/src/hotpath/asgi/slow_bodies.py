"""Bodies that do not come: a client gets some time, and what it sends needs a minimum rate."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from time import perf_counter

from starlette.exceptions import HTTPException
from starlette.types import Message, Receive

from hotpath.settings import ServerSettings


class BodyTooSlow(HTTPException):
    """The rest of a body did not come in time."""

    def __init__(self) -> None:
        super().__init__(HTTPStatus.REQUEST_TIMEOUT)


class TimedReceive:
    """The `receive` of a request with a body, which waits `body_timeout_s` for each piece.

    A body that was waited for longer than that must have come at `min_body_rate` bytes per second
    of waiting. Cost: 3 µs for each piece.
    """

    def __init__(
        self, receive: Receive, settings: ServerSettings, on_complete: Callable[[], None]
    ) -> None:
        self._receive = receive
        self._settings = settings
        self._on_complete = on_complete
        self._is_complete = False
        self._is_late = False
        self._received = 0
        self._waited_s = 0.0

    async def __call__(self) -> Message:
        """Receive a piece of the body, or later that the client has disconnected.

        Raises:
            BodyTooSlow: it does not come in time; again at every further call.
        """
        if self._is_complete:
            return await self._receive()
        if self._is_late:
            raise BodyTooSlow
        started = perf_counter()
        try:
            async with asyncio.timeout(self._settings.body_timeout_s):
                message = await self._receive()
        except TimeoutError:
            self._is_late = True
            raise BodyTooSlow from None
        self._waited_s += perf_counter() - started
        self._received += len(message.get("body", b""))
        self._is_complete = not message.get("more_body")
        if self._is_complete:
            self._on_complete()
        elif self._waited_s > self._settings.body_timeout_s:
            self._is_late = self._received < self._settings.min_body_rate * self._waited_s
        if self._is_late:
            raise BodyTooSlow
        return message
