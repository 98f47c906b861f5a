"""HTTP by aiohttp. This module is imported only where a dependency is configured.

It knows one response at a time: no retries, no limits of its own, no redirects, no compression.
"""

import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from typing import Self

from aiohttp import (
    ClientError,
    ClientResponse,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
)
from yarl import URL

from hotpath.http_client.calls import Call
from hotpath.settings import HttpClientSettings


class TransportError(Exception):
    """The connection failed, or what came is not HTTP."""


class Received:
    """A response whose body is still to be read."""

    def __init__(self, response: ClientResponse) -> None:
        self._response = response
        self.status = response.status
        names = dict.fromkeys(name.lower() for name in response.headers)
        self.headers: Mapping[str, str] = {
            name: ", ".join(response.headers.getall(name)) for name in names
        }

    async def read(self) -> bytes:
        """Return the next piece of the body; none is left when it is empty.

        Raises:
            TransportError: the body ends too early.
            TimeoutError: it takes too long.
        """
        with _errors():
            return await self._response.content.readany()

    def close(self) -> None:
        """Leave what is left of it: its connection is not used again then."""
        self._response.close()


class Transport:
    """The connections of a process."""

    def __init__(self, settings: HttpClientSettings, session: ClientSession) -> None:
        self._settings = settings
        self._session = session

    @classmethod
    @asynccontextmanager
    async def opened(cls, settings: HttpClientSettings, user_agent: str) -> AsyncIterator[Self]:
        """Open it; at the end its connections are closed."""
        connector = TCPConnector(
            limit=0,  # those who call have limits
            keepalive_timeout=settings.keep_alive_s,
            ssl=ssl.create_default_context(),
        )
        headers = {"user-agent": user_agent, "accept-encoding": "identity"}
        session = ClientSession(
            connector=connector,
            headers=headers,
            skip_auto_headers=["content-type"],
            cookie_jar=DummyCookieJar(),
            auto_decompress=False,
        )
        # Else it sends each call that loses its connection twice, whatever the retry budget says.
        session._retry_connection = False
        async with session:
            yield cls(settings, session)

    async def send(self, call: Call, headers: Mapping[str, str]) -> Received:
        """Return the response to a call, which has to be closed.

        Raises:
            TransportError: none came.
            TimeoutError: none came in time.
        """
        timeout = ClientTimeout(
            total=max(call.remaining_s(), 0.001),
            sock_connect=self._settings.connect_timeout_s,
            sock_read=self._settings.read_timeout_s,
            ceil_threshold=float("inf"),  # exactly then, not at the next full second
        )
        with _errors():
            response = await self._session.request(
                call.method,
                URL(call.url, encoded=True),
                headers=headers,
                data=call.body,
                allow_redirects=False,
                timeout=timeout,
            )
        return Received(response)


@contextmanager
def _errors() -> Iterator[None]:
    """Have the errors of aiohttp and of sockets be those of this module."""
    try:
        yield
    except TimeoutError:
        raise
    except (ClientError, OSError) as error:
        raise TransportError(error) from error
