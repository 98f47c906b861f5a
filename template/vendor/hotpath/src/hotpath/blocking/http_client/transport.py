"""HTTP by urllib3. This module is imported only where a dependency is configured.

It knows one response at a time: no retries, no limits of its own, no redirects, no compression.
"""

import socket
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from http.client import HTTPException
from time import perf_counter
from typing import Any, Self

from urllib3 import BaseHTTPResponse, HTTPConnectionPool, HTTPSConnectionPool, PoolManager, Timeout
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as LibraryTimeoutError

from hotpath.http_client.calls import Call
from hotpath.settings import HttpClientSettings

_PIECE = 65_536
_MANY_HOSTS = 1_000
_ENDS_AT: ContextVar[float] = ContextVar("ends_at")
"""When the call of this thread has to be over."""


class TransportError(Exception):
    """The connection failed, or what came is not HTTP."""


def _remaining_s(limit_s: float | None) -> float:
    """Return the seconds that the next step may take.

    Raises:
        TimeoutError: none are left.
    """
    remaining_s = _ENDS_AT.get(float("inf")) - perf_counter()
    if remaining_s <= 0:
        raise TimeoutError
    return min(limit_s or remaining_s, remaining_s)


class _Limited:
    """A socket that never waits beyond the end of its call: single reads have a timeout of their
    own, which bytes that come one by one start anew."""

    def recv_into(self: Any, *arguments: Any, **named: Any) -> int:
        limit_s = self.gettimeout()
        self.settimeout(_remaining_s(limit_s))
        try:
            return super().recv_into(*arguments, **named)  # type: ignore[misc,no-any-return]
        finally:
            self.settimeout(limit_s)

    def sendall(self: Any, *arguments: Any, **named: Any) -> None:
        limit_s = self.gettimeout()
        self.settimeout(_remaining_s(limit_s))
        try:
            super().sendall(*arguments, **named)  # type: ignore[misc]
        finally:
            self.settimeout(limit_s)


class _LimitedSocket(_Limited, socket.socket):
    """Such a socket."""


class _LimitedSslSocket(_Limited, ssl.SSLSocket):
    """Such a socket, encrypted."""


def _limited(connected: socket.socket) -> socket.socket:
    timeout = connected.gettimeout()
    limited = _LimitedSocket(
        connected.family, connected.type, connected.proto, fileno=connected.detach()
    )
    limited.settimeout(timeout)
    return limited


class _Connection(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _limited(super()._new_conn())


class _SecureConnection(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _limited(super()._new_conn())


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _SecurePool(HTTPSConnectionPool):
    ConnectionCls = _SecureConnection


class Received:
    """A response whose body is still to be read."""

    def __init__(self, response: BaseHTTPResponse, ends_at: float) -> None:
        self._response = response
        self._ends_at = ends_at
        self.status = response.status
        self.headers: Mapping[str, str] = {
            name.lower(): value for name, value in response.headers.items()
        }

    def read(self) -> bytes:
        """Return the next piece of the body; none is left when it is empty.

        Raises:
            TransportError: the body ends too early.
            TimeoutError: it takes too long.
        """
        _ENDS_AT.set(self._ends_at)
        with _errors():
            return self._response.read1(_PIECE, decode_content=False)

    def close(self) -> None:
        """Leave what is left of it: its connection is not used again then."""
        self._response.close()
        self._response.release_conn()


class Transport:
    """The connections of a process."""

    def __init__(self, settings: HttpClientSettings, pools: PoolManager, user_agent: str) -> None:
        self._settings = settings
        self._pools = pools
        self._headers = {"user-agent": user_agent, "accept-encoding": "identity", "accept": "*/*"}

    @classmethod
    @contextmanager
    def opened(cls, settings: HttpClientSettings, user_agent: str) -> Iterator[Self]:
        """Open it; at the end its connections are closed."""
        context = ssl.create_default_context()
        context.sslsocket_class = _LimitedSslSocket
        pools = PoolManager(_MANY_HOSTS, maxsize=settings.max_per_dependency, ssl_context=context)
        pools.pool_classes_by_scheme = {"http": _Pool, "https": _SecurePool}
        try:
            yield cls(settings, pools, user_agent)
        finally:
            pools.clear()

    def send(self, call: Call, headers: Mapping[str, str]) -> Received:
        """Return the response to a call, which has to be closed.

        Raises:
            TransportError: none came.
            TimeoutError: none came in time.
        """
        _ENDS_AT.set(call.ends_at)
        with _errors():
            response = self._pools.request(
                call.method,
                call.url,
                headers={**self._headers, **headers},
                body=call.body,
                redirect=False,
                retries=False,
                preload_content=False,
                timeout=Timeout(
                    connect=_remaining_s(self._settings.connect_timeout_s),
                    read=self._settings.read_timeout_s,
                ),
            )
        return Received(response, call.ends_at)


@contextmanager
def _errors() -> Iterator[None]:
    """Have the errors of urllib3 and of sockets be those of this module."""
    try:
        yield
    except TimeoutError:
        raise
    except NewConnectionError as error:  # which urllib3 counts among timeouts
        raise TransportError(error) from error
    except LibraryTimeoutError as error:
        raise TimeoutError(error) from error
    except (HTTPError, HTTPException, OSError) as error:
        raise TransportError(error) from error
