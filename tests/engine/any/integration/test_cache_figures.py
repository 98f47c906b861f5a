"""What the tiers count is exact, with several processes and many requests at the same time."""

from concurrent.futures import ThreadPoolExecutor

import httpx2
from hotpath.testing.servers import Pair, client, figure
from hotpath_services.process import wait_until

from ..users import add_user

THREADS = 8
READS_EACH = 25
SOON_S = 20.0


def counted(http: httpx2.Client) -> dict[str, float]:
    """Return what both processes counted so far, together."""
    names = ("cache_loads_total", "cache_load_seconds_count")
    l1 = {name: figure(http, f"cache_{name}_total", tier="l1") for name in ("hits", "misses")}
    return {**l1, **{name: figure(http, name) for name in names}}


def test_every_read_is_a_hit_or_a_miss_and_every_load_is_timed(pair: Pair) -> None:
    http = pair.server.http
    user = add_user(http)
    before = counted(http)

    def read(_: int) -> None:
        with client(pair.server.port) as each:
            for _ in range(READS_EACH):
                assert each.get(f"/users/{user['id']}").json() == user

    with ThreadPoolExecutor(THREADS) as threads:
        list(threads.map(read, range(THREADS)))

    def more(name: str) -> float:
        return counted(http)[name] - before[name]

    reads = THREADS * READS_EACH
    assert wait_until(lambda: more("hits") + more("misses") == reads, SOON_S)
    assert more("hits") > more("misses") > 0
    assert 1 <= more("cache_loads_total") <= more("misses")
    assert more("cache_loads_total") == more("cache_load_seconds_count")
