"""Where Redis may be: what would be taken for something else is refused."""

import pytest
from hotpath.settings import CacheSettings
from pydantic import SecretStr, ValidationError

GOOD = (
    "redis://127.0.0.1:6379/0",
    "redis://cache",
    "rediss://user:pass%2Fword@cache.example:6380/15",
    "redis://:password@[::1]:6379/",
    "unix:///run/valkey.sock",
    "unix:///run/valkey.sock?db=3",
)
BAD = (
    "http://127.0.0.1:6379/0",
    "redis://127.0.0.1:secret/0",
    "redis://127.0.0.1:65536/0",
    "redis://127.0.0.1:6379/abc",
    "redis://127.0.0.1:6379/0/1",
    "redis://127.0.0.1:6379/0?decode_responses=true",
    "redis://127.0.0.1:6379/0#1",
    "unix:///run/valkey.sock?decode_responses=true",
    "unix://",
)


@pytest.mark.parametrize("url", GOOD)
def test_a_url_that_leads_to_redis_is_taken(url: str) -> None:
    assert CacheSettings(url=SecretStr(url)).url.get_secret_value() == url


@pytest.mark.parametrize("url", BAD)
def test_a_url_that_leads_elsewhere_is_refused_in_a_sentence(url: str) -> None:
    with pytest.raises(ValidationError) as caught:
        CacheSettings(url=SecretStr(url))

    (error,) = caught.value.errors()
    assert error["msg"].startswith("Value error, must be redis://")
    assert "secret" not in error["msg"]
