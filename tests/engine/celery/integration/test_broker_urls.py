"""URLs of the broker: what Celery and the client of Redis both understand, or a sentence."""

import logging
from pathlib import Path
from ssl import CERT_NONE, CERT_REQUIRED
from typing import Any

import pytest
from hotpath.settings import CelerySettings
from hotpath.settings.urls import ENCODE
from hotpath.tasks.broker import open_publisher
from hotpath.testing.workspace import Workspace

from ..odd_settings import SECRET, refused, settings_of
from ..shop import PREFIX, SERVICE

PORT = "its port must be a number from 1 to 65535"
BAD = (
    (f"amqp://guest:{SECRET}@host", "must start with redis:// or rediss://"),
    (f"sentinel://:{SECRET}@host:26379", "must start with redis:// or rediss://"),
    (f"redis+socket://:{SECRET}@/run/valkey.sock", "must start with redis:// or rediss://"),
    ("unix:///run/valkey.sock", "must start with redis:// or rediss://"),
    ("memory://", "must start with redis:// or rediss://"),
    ("", "must start with redis:// or rediss://"),
    (f"redis://127.0.0.1:{SECRET}/0", PORT),
    (f"redis://:{SECRET}@h:70000", PORT),
    (f"redis://:{SECRET}/x@h:6379/1", ENCODE),
    (f"redis://:{SECRET}@x@h:6379/1", ENCODE),
    (f"redis://:{SECRET}#@h:6379/1", ENCODE),
    (f"redis://:{SECRET}@h:6379/one", "must be redis://[[user]:password@]host:port/number"),
    (f"redis://:{SECRET}@a:1;redis://b:2", PORT),
    (f"redis://:{SECRET}@h/0?virtual_host=1", "after the ? nothing may stand, not 'virtual_host'"),
)


@pytest.mark.parametrize(("url", "why"), BAD)
def test_what_cannot_work_is_a_sentence_without_the_password(
    tmp_path: Path, url: str, why: str
) -> None:
    said = refused(tmp_path, TASKS__BROKER_URL=url)

    assert said.startswith(f"{PREFIX}TASKS__BROKER_URL: ")
    assert why in said


def connection_of(folder: Path, url: str) -> Any:
    """Return Celery's connection to a broker; it is not opened."""
    tasks = settings_of(folder, TASKS__BROKER_URL=url).tasks
    assert isinstance(tasks, CelerySettings)
    return open_publisher(SERVICE, tasks).connection_for_write()


def test_every_part_reaches_celery(tmp_path: Path) -> None:
    connection = connection_of(tmp_path, "redis://u%40:p%2F%23%3F%25@[::1]:6380/3")

    assert (connection.userid, connection.password) == ("u@", "p/#?%")
    assert (connection.hostname, connection.port, connection.virtual_host) == ("::1", 6380, "3")


@pytest.mark.parametrize(
    ("query", "expected"), [("", CERT_REQUIRED), ("?ssl_cert_reqs=none", CERT_NONE)]
)
def test_tls_verifies_the_server_unless_the_url_says_otherwise(
    tmp_path: Path, query: str, expected: int, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.ERROR):
        connection = connection_of(tmp_path, f"rediss://host:6380/1{query}")

    assert connection.ssl == {"ssl_cert_reqs": expected}
    assert not caplog.records


def test_redis_of_the_platform_is_the_broker_if_there_is_no_other(tmp_path: Path) -> None:
    url = "redis://:password@platform:6380"
    place = Workspace.in_folder(SERVICE, tmp_path).with_variables({"REDIS_URL": url})

    assert place.settings().tasks.broker_url.get_secret_value() == url
    own = place.with_settings(TASKS__BROKER_URL="redis://own").settings()
    assert own.tasks.broker_url.get_secret_value() == "redis://own"
