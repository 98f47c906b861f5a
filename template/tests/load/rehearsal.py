"""Each scenario once, before visitors come: that it works, and the routes it counts for."""

from random import Random

import httpx2

from ..servers import ANSWERS_WITHIN_S
from .scenarios import MIX, arrive
from .visits import Client


class CannotVisit(Exception):
    """The service is not there, or does not answer as the scenarios want."""


class _Noting:
    """A client that notes the routes it is told; a method more in `visits.py` is one more here."""

    def __init__(self, http: httpx2.Client) -> None:
        self._http = http
        self.routes: set[str] = set()

    def get(self, path: str, *, name: str) -> httpx2.Response:
        """Read."""
        self.routes.add(f"GET {name}")
        return self._http.get(path).raise_for_status()

    def post(self, path: str, *, name: str, json: object) -> httpx2.Response:
        """Write."""
        self.routes.add(f"POST {name}")
        return self._http.post(path, json=json).raise_for_status()


class _First:
    """The first visitor, who comes alone."""

    def __init__(self, client: Client) -> None:
        self.client = client
        self.chance = Random(0)
        self.known_ids: list[int] = []


def rehearse(host: str) -> frozenset[str]:
    """Return the routes that scenarios visit, named as in `slo.toml`.

    Raises:
        CannotVisit: in a sentence, why not.
    """
    try:
        with httpx2.Client(base_url=host, timeout=ANSWERS_WITHIN_S) as http:
            client = _Noting(http)
            visitor = _First(client)
            for do in (arrive, *MIX):
                do(visitor)
    except httpx2.HTTPStatusError as error:
        asked, status = error.request, error.response.status_code
        raise CannotVisit(f"{asked.method} {asked.url}: answered with {status}") from None
    except (httpx2.TransportError, httpx2.InvalidURL) as error:
        raise CannotVisit(f"{host}: nobody answers there: {error}") from None
    except (LookupError, ValueError) as error:
        raise CannotVisit(f"{host}: `{do.__name__}` of scenarios.py: {error!r}") from None
    return frozenset(client.routes)
