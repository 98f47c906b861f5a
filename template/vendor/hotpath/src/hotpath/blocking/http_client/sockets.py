"""Sockets and connections that know when their call has to be over, for urllib3."""

import socket
import ssl
from contextvars import ContextVar
from time import monotonic, perf_counter
from typing import Any

from urllib3 import HTTPConnectionPool, HTTPResponse, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

ENDS_AT: ContextVar[float] = ContextVar("ends_at")
"""When the call of this thread has to be over."""


def remaining_s(limit_s: float | None) -> float:
    """Return the seconds that the next step may take.

    Raises:
        TimeoutError: none are left.
    """
    remaining_s = ENDS_AT.get(float("inf")) - perf_counter()
    if remaining_s <= 0:
        raise TimeoutError
    return min(limit_s or remaining_s, remaining_s)


class _Limited:
    """A socket that never waits beyond the end of its call: single reads have a timeout of their
    own, which bytes that come one by one start anew."""

    def recv_into(self: Any, *arguments: Any, **named: Any) -> int:
        limit_s = self.gettimeout()
        self.settimeout(remaining_s(limit_s))
        try:
            return super().recv_into(*arguments, **named)  # type: ignore[misc,no-any-return]
        finally:
            self.settimeout(limit_s)

    def sendall(self: Any, *arguments: Any, **named: Any) -> None:
        limit_s = self.gettimeout()
        self.settimeout(remaining_s(limit_s))
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
    """A connection that is not used again after it was idle for long."""

    keep_alive_s = float("inf")
    _used_at = 0.0

    @property
    def is_connected(self) -> bool:
        """Whether it can be used once more."""
        return super().is_connected and monotonic() - self._used_at < self.keep_alive_s

    def getresponse(self) -> HTTPResponse:  # type: ignore[override] # as urllib3 has it
        """Read the head of a response."""
        self._used_at = monotonic()
        return super().getresponse()

    def _new_conn(self) -> socket.socket:
        return _limited(super()._new_conn())


class _SecureConnection(_Connection, HTTPSConnection):
    """The same, encrypted."""


def pool_classes(keep_alive_s: float) -> dict[str, type[HTTPConnectionPool]]:
    """Return the classes of pools by scheme, for connections that may be idle for so long."""
    kept = {"keep_alive_s": keep_alive_s}
    plain = type("Connection", (_Connection,), kept)
    secure = type("SecureConnection", (_SecureConnection,), kept)
    return {
        "http": type("Pool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
        "https": type("SecurePool", (HTTPSConnectionPool,), {"ConnectionCls": secure}),
    }


def secure_context() -> ssl.SSLContext:
    """Return the context of encrypted connections, with the certificates of the system."""
    context = ssl.create_default_context()
    context.sslsocket_class = _LimitedSslSocket
    return context
