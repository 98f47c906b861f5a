"""The hot paths that every service has: the parts of the cache, and the lightest route."""

from functools import partial
from itertools import repeat

from hotpath.cache.keys import key_of
from hotpath.testing.bench import InProcessApplication, Measure, get

BODY = b"a user as JSON" * 10


def test_a_key_is_made(measure: Measure) -> None:
    measure.call("make a key", partial(key_of, "page", "active", 7), times=500)


def test_a_hit_of_the_cache(measure: Measure, application: InProcessApplication) -> None:
    read = application.resources.cache.get_or_load
    load = application.returning(BODY)

    measure.call("hit in this process", partial(read, "hot", load), times=2000)


def test_health(measure: Measure) -> None:
    measure.requests("GET /healthz", repeat(get("/healthz")), times=10)
