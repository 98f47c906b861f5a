"""Limits of requests per client: counts in windows, and what a client is told of them.

A sliding window counter: the requests of the current window count in full, those of the one before
by the share of it that still lies within the last `window_s` seconds. So a client never gets twice
its limit around the end of a window, and a client takes two numbers, not a list of times.
"""

from collections.abc import Callable, Sequence
from functools import lru_cache
from http import HTTPStatus
from ipaddress import IPv6Address, IPv6Network, ip_address
from itertools import islice
from math import ceil
from threading import Lock
from time import monotonic
from typing import NamedTuple

from hotpath.http.problems import problem
from hotpath.settings.rate_limit import Limit

MAX_CLIENTS = 100_000
"""Clients that a process remembers for each limit, 30 MB; past that it forgets the oldest."""

QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded"
_EXEMPT = frozenset({"/healthz", "/readyz", "/metrics", "/debug"})
_EXEMPT_PREFIXES = ("/debug/", "/debug.")
_PREFIX_BITS = 64
_TICK_S = 0.001
_MAX_REMEMBERED = 4096

Header = tuple[str, str]


class Window(NamedTuple):
    """What a client has used of one limit, after a request."""

    is_allowed: bool
    """Whether the request was, and was counted."""

    previous: int
    """Requests in the window before."""

    current: int
    left_s: float
    """Seconds until the current window ends."""

    def remaining(self, limit: Limit) -> int:
        """Return how many requests are allowed now."""
        return max(0, limit.quota - weighted(self.previous, self.current, self.left_s, limit))

    def reset_s(self, limit: Limit) -> int:
        """Return the seconds until the window ends; if no request is allowed, until one is."""
        if self.remaining(limit):
            return max(1, ceil(self.left_s))
        wait_s = self.left_s
        free = limit.quota - self.current
        if free > 0:  # as soon as those of the window before count for less
            wait_s -= free * limit.window_s / self.previous
        else:  # the same, in the next window
            wait_s += limit.window_s * (1 - limit.quota / self.current)
        return max(1, ceil(wait_s + _TICK_S))


def weighted(previous: int, current: int, left_s: float, limit: Limit) -> int:
    """Return how many requests count: all of this window, and a share of those before."""
    return int(previous * left_s / limit.window_s) + current


class Verdict(NamedTuple):
    """Whether a request is refused, and the headers of its response."""

    is_refused: bool
    headers: tuple[Header, ...]
    body: bytes = b""
    """The problem, if it is refused."""


class Policies:
    """The limits of a service, and how they are told to clients."""

    def __init__(self, limits: Sequence[Limit]) -> None:
        self.limits = tuple(limits)
        policies = ",".join(f'"{each.name}";q={each.quota};w={each.window_s}' for each in limits)
        self._policy: Header = ("ratelimit-policy", policies)

    def verdict(self, windows: Sequence[Window]) -> Verdict:
        """Return what to respond.

        Args:
            windows: Of the limits in their order; a refusal is the last.
        """
        pairs = [*zip(self.limits, windows, strict=False)]
        left = ",".join(
            f'"{limit.name}";r={window.remaining(limit)};t={window.reset_s(limit)}'
            for limit, window in pairs
        )
        headers = (self._policy, ("ratelimit", left))
        limit, window = pairs[-1]
        if window.is_allowed:
            return Verdict(False, headers)
        wait_s = window.reset_s(limit)
        return Verdict(True, (*headers, ("retry-after", str(wait_s))), _problem(limit, wait_s))


class MemoryWindows:
    """Counts of one process. Cost: 1 µs; bounded memory."""

    def __init__(
        self, clock: Callable[[], float] = monotonic, max_clients: int = MAX_CLIENTS
    ) -> None:
        self._clock = clock
        self._max_clients = max_clients
        self._lock = Lock()
        self._counts_by_limit: dict[Limit, dict[str, _Counts]] = {}

    def __len__(self) -> int:
        return sum(map(len, self._counts_by_limit.values()))

    def hit(self, client: str, limit: Limit) -> Window:
        """Count a request, if it is allowed."""
        now = self._clock()
        with self._lock:
            found = self._counts(self._counts_by_limit.setdefault(limit, {}), client, limit, now)
            left_s = found.start + limit.window_s - now
            is_allowed = weighted(found.previous, found.current, left_s, limit) < limit.quota
            found.current += is_allowed
            return Window(is_allowed, found.previous, found.current, left_s)

    def _counts(
        self, by_client: "dict[str, _Counts]", client: str, limit: Limit, now: float
    ) -> "_Counts":
        """Return the counts of a client, in the window of now."""
        found = by_client.get(client)
        windows = 2 if found is None else int((now - found.start) // limit.window_s)
        if found is not None and not windows:
            return found
        if found is None or windows > 1:
            found = _Counts(now, 0)
        else:
            found = _Counts(found.start + limit.window_s, found.current)
        by_client.pop(client, None)
        by_client[client] = found  # the last: the oldest are the first
        self._forget(by_client, now - 2 * limit.window_s)
        return found

    def _forget(self, by_client: "dict[str, _Counts]", before: float) -> None:
        """Forget some that have ended; as many as come, so that none pile up."""
        for each in [*islice(by_client, 2)]:
            if by_client[each].start < before or len(by_client) > self._max_clients:
                del by_client[each]


class _Counts:
    """The requests of a client in one window, and in the one before."""

    __slots__ = ("current", "previous", "start")

    def __init__(self, start: float, previous: int) -> None:
        self.start = start
        self.previous = previous
        self.current = 0


@lru_cache(_MAX_REMEMBERED)
def client_of(address: str) -> str:
    """Return who is counted: an IPv4 address, or the /64 of an IPv6 one, which one client has."""
    try:
        parsed = ip_address(address)
    except ValueError:  # no address, such as that of a Unix socket
        return address
    if not isinstance(parsed, IPv6Address):
        return address
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(IPv6Network((int(parsed), _PREFIX_BITS), strict=False))


def is_exempt(path: str) -> bool:
    """Tell whether a path is of those that operators ask for: health, metrics, `/debug`."""
    return path in _EXEMPT or path.startswith(_EXEMPT_PREFIXES)


def _problem(limit: Limit, wait_s: int) -> bytes:
    detail = f"More than {limit.quota} requests in {limit.window_s} s: try again in {wait_s} s."
    more = {"violated-policies": [limit.name]}
    return problem(HTTPStatus.TOO_MANY_REQUESTS, detail, type=QUOTA_EXCEEDED, **more)
