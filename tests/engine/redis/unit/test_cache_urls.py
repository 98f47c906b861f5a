"""Where Redis may be: what would be taken for something else is refused."""

from pathlib import Path
from urllib.parse import quote

import pytest
from hotpath.aio.cache.redis import Redis
from hotpath.settings.urls import ENCODE, parse_redis_url
from hotpath.testing.workspace import Workspace
from hypothesis import given
from hypothesis import strategies as st

from ..odd_settings import SECRET, refused, settings_of
from ..shop import PREFIX, SERVICE

GOOD = (
    "redis://127.0.0.1:6379/0",
    "redis://cache",
    "redis://",
    "rediss://user:pass%2Fword@cache.example:6380/15",
    "rediss://cache?ssl_cert_reqs=none",
    "redis://:password@[::1]:6379/",
    "redis://:p:q@cache:/1",
    "unix:///run/valkey.sock",
    "unix:///run/valkey.sock?db=3",
    "unix://:password@/run/valkey.sock",
)
PORT = "its port must be a number from 1 to 65535"
NUMBER = "must be redis://[[user]:password@]host:port/number"
BAD = (
    (f"http://:{SECRET}@127.0.0.1:6379/0", "must start with redis:// or rediss:// or unix://"),
    (f"redis+sentinel://:{SECRET}@host:26379/service", "must start with redis://"),
    (f"sentinel://:{SECRET}@host:26379", "must start with redis://"),
    (f"redis+cluster://:{SECRET}@host", "must start with redis://"),
    (f"valkey://:{SECRET}@host", "must start with redis://"),
    (f"host:6379:{SECRET}", "must start with redis://"),
    (f"redis://127.0.0.1:{SECRET}/0", PORT),
    (f"redis://:{SECRET}@127.0.0.1:65536/0", PORT),
    (f"redis://:{SECRET}@::1/0", "an IPv6 address stands in brackets"),
    (f"redis://:{SECRET}@[::1/0", PORT),
    (f"redis://:{SECRET}@127.0.0.1:6379/abc", NUMBER),
    (f"redis://:{SECRET}@127.0.0.1:6379/0/1", NUMBER),
    (f"redis://:{SECRET}@127.0.0.1:6379/-1", NUMBER),
    (f"redis://:{SECRET}@127.0.0.1:6379/{'9' * 5000}", NUMBER),
    (f"redis://:{SECRET}@a,b/0", NUMBER),
    (f"redis://:{SECRET}@host/0?decode_responses=true", "after the ? nothing may stand"),
    (f"redis://:{SECRET}@host/0?ssl_cert_reqs=none", "after the ? nothing may stand"),
    (f"rediss://:{SECRET}@host/0?ssl_cert_reqs=maybe", "ssl_cert_reqs must be one of none, opt"),
    (f"rediss://:{SECRET}@host/0?ssl_ca_certs=/nowhere", "ssl_ca_certs must be a file"),
    (f"redis://:{SECRET}@127.0.0.1:6379/0#1", ENCODE),
    (f"redis://:{SECRET}/x@host/0", ENCODE),
    (f"redis://:{SECRET}@x@host/0", ENCODE),
    (f"redis://:{SECRET}#x@host/0", ENCODE),
    (f"redis://:{SECRET}?x@host/0", ENCODE),
    (f"redis://:{SECRET}%x@host/0", ENCODE),
    (f"redis://:{SECRET} @host/0", ENCODE),
    ("unix:///run/valkey.sock?decode_responses=true", "after the ? only db may stand"),
    ("unix:///run/valkey.sock?db=x", "must be unix://"),
    ("unix://run/valkey.sock", "must be unix:///path"),
    ("unix://", "must be unix:///path"),
)


@pytest.mark.parametrize("url", GOOD)
def test_a_url_that_leads_to_redis_is_taken(tmp_path: Path, url: str) -> None:
    assert settings_of(tmp_path, CACHE__URL=url).cache.url.get_secret_value() == url

    Redis.from_url(url)


@pytest.mark.parametrize(("url", "why"), BAD)
def test_a_url_that_leads_elsewhere_is_refused_in_a_sentence(
    tmp_path: Path, url: str, why: str
) -> None:
    said = refused(tmp_path, CACHE__URL=url)

    assert said.startswith(f"{PREFIX}CACHE__URL: ")
    assert why in said


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
def test_every_password_works_once_it_is_encoded(password: str) -> None:
    url = f"redis://:{quote(password, safe='')}@host:1/2"

    assert parse_redis_url(url, ("redis",)).password == password
    assert Redis.from_url(url).get_connection_kwargs()["password"] == password


def test_redis_of_the_platform_counts_if_there_is_no_other(tmp_path: Path) -> None:
    url = "rediss://:password@platform:6380"
    place = Workspace.in_folder(SERVICE, tmp_path).with_variables({"REDIS_URL": url})

    assert place.settings().cache.url.get_secret_value() == url
    own = place.with_settings(CACHE__URL="redis://own").settings()
    assert own.cache.url.get_secret_value() == "redis://own"
