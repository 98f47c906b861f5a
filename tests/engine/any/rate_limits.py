"""What responses say of rate limits, and clients that nobody else is."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

import httpx2
from hotpath.testing.servers import client

REFUSED = 429
THREADS = 10
NEVER_SO_MANY = 50
SETTINGS = {"SERVER__TRUSTED_PROXIES": "127.0.0.1"}
"""Clients are who they say they are."""

_ITEM = re.compile(r'"(?P<name>[ !#-\[\]-~]+)"(?P<parameters>(?:;[a-z]+=\d{1,15})+)')
_numbers = count(1)


def new_client() -> dict[str, str]:
    """Return the headers of a client that sent no request before."""
    high, low = divmod(next(_numbers), 256)
    return {"x-forwarded-for": f"198.18.{high}.{low}"}


def items(header: str) -> dict[str, dict[str, int]]:
    """Return the parameters of a list of strings, see structured fields (RFC 9651), by these."""
    found = {}
    for text in header.split(","):
        item = _ITEM.fullmatch(text)
        assert item is not None, header
        pairs = (pair.split("=") for pair in item["parameters"].split(";")[1:])
        found[item["name"]] = {key: int(value) for key, value in pairs}
    return found


def remaining(answer: httpx2.Response) -> list[int]:
    """Return what is left of each limit."""
    return [each["r"] for each in items(answer.headers["ratelimit"]).values()]


def statuses_of_many(port: int, path: str, requests: int, sender: dict[str, str]) -> list[int]:
    """Send requests of one client at once, each on a connection of its own."""

    def send(_: int) -> int:
        with client(port) as http:
            return http.get(path, headers=sender).status_code

    with ThreadPoolExecutor(THREADS) as pool:
        return [*pool.map(send, range(requests))]


def exhaust(send: Callable[[], httpx2.Response]) -> list[httpx2.Response]:
    """Send requests up to the first that is refused, and return what was answered."""
    answers = [send()]
    while answers[-1].status_code != REFUSED:
        assert len(answers) < NEVER_SO_MANY, "no request was refused"
        answers.append(send())
    return answers
