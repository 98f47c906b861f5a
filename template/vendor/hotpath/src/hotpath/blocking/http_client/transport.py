"""HTTP by urllib3. This module is imported only where a dependency is configured.

It knows one response at a time: no retries, no limits of its own, no redirects, no compression.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.client import HTTPException
from typing import Self

from urllib3 import BaseHTTPResponse, PoolManager, Timeout
from urllib3.exceptions import HTTPError, NewConnectionError
from urllib3.exceptions import TimeoutError as LibraryTimeoutError

from hotpath.blocking.http_client.sockets import ENDS_AT, pool_classes, remaining_s, secure_context
from hotpath.http_client.calls import Call
from hotpath.settings import HttpClientSettings

_PIECE = 65_536
_MANY_HOSTS = 1_000


class TransportError(Exception):
    """The connection failed, or what came is not HTTP."""


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
        ENDS_AT.set(self._ends_at)
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
        pools = PoolManager(
            _MANY_HOSTS, maxsize=settings.max_per_dependency, ssl_context=secure_context()
        )
        pools.pool_classes_by_scheme = pool_classes(settings.keep_alive_s)
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
        ENDS_AT.set(call.ends_at)
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
                    connect=remaining_s(self._settings.connect_timeout_s),
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
