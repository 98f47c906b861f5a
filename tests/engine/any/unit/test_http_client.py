"""What is sent to other services, for how long, and how many at once."""

from time import perf_counter

import pytest
from hotpath.http_client.calls import HttpResponse, make_call, time_allowed_s
from hotpath.http_client.errors import DependencyError, InvalidResponse
from hotpath.http_client.limits import Limits, limits_of
from hotpath.observability.request_context import REQUEST, RequestContext
from hotpath.settings import InvalidSettings, WsgiServerSettings
from hotpath.testing.workspace import Workspace
from pydantic import BaseModel

from ..shop import SERVICE

URL = "https://other.example.com/v1"


class Answer(BaseModel):
    """What another service is asked for."""

    number: int


class Bounded(RequestContext):
    """A request with a deadline."""

    def __init__(self, deadline: float | None) -> None:
        super().__init__()
        self.deadline = deadline


@pytest.mark.parametrize(
    ("path", "params", "url"),
    [
        ("/users/7", {}, f"{URL}/users/7"),
        ("/a b/ü", {}, f"{URL}/a%20b/%C3%BC"),
        ("/a?b#c", {}, f"{URL}/a%3Fb%23c"),
        ("/a%2Fb", {}, f"{URL}/a%2Fb"),
        ("/", {"q": "a&b", "n": [1, 2]}, f"{URL}/?q=a%26b&n=1&n=2"),
    ],
)
def test_a_path_is_quoted(path: str, params: dict[str, object], url: str) -> None:
    assert make_call("get", URL, path, 1.0, {"params": params}).url == url


def test_a_path_begins_with_a_slash() -> None:
    with pytest.raises(ValueError, match="no path"):
        make_call("GET", URL, "evil.example.com/", 1.0, {})


def test_a_body_is_json_and_says_so() -> None:
    call = make_call("post", URL, "/", 1.0, {"json": {"a": 1}, "headers": {"X-A": "b"}})

    assert (call.method, call.body) == ("POST", b'{"a":1}')
    assert call.headers == {"x-a": "b", "content-type": "application/json"}


@pytest.mark.parametrize(
    ("left_s", "allowed_s"), [(None, 30.0), (0.5, 0.5), (60.0, 30.0), (-1.0, -1.0)]
)
def test_a_call_gets_what_its_request_has_left(left_s: float | None, allowed_s: float) -> None:
    token = REQUEST.set(Bounded(None if left_s is None else perf_counter() + left_s))
    try:
        assert time_allowed_s(30.0) == pytest.approx(allowed_s, abs=0.05)
    finally:
        REQUEST.reset(token)


def test_a_response_is_checked() -> None:
    def parsed(status: int, body: bytes) -> Answer:
        return HttpResponse("other", status, {}, body).parsed(Answer)

    assert parsed(201, b'{"number": 7}') == Answer(number=7)
    for status, body in ((200, b"{"), (200, b"{}"), (404, b'{"number": 7}')):
        with pytest.raises(InvalidResponse):
            parsed(status, body)


def test_what_a_client_is_told_does_not_say_where_the_service_is() -> None:
    error = DependencyError("other", "other is away", "unreachable", OSError("10.0.0.7:443"))

    assert (str(error), error.reason) == ("other is away", "10.0.0.7:443")


def test_in_wsgi_calls_leave_half_of_the_threads(workspace: Workspace) -> None:
    settings = workspace.with_settings(SERVER__THREADS=16).settings()

    limits = limits_of(settings)

    is_wsgi = isinstance(settings.server, WsgiServerSettings)
    assert limits == (Limits(8, 8, 2) if is_wsgi else Limits(100, 30, 100))


def test_base_urls_are_settings_by_name(workspace: Workspace) -> None:
    place = workspace.with_settings(
        HTTP_CLIENT__URLS__AVATARS="https://a.example.com/v1/",
        HTTP_CLIENT__URLS__GEO="http://[::1]:8080",
    )

    urls = place.settings().http_client.urls

    assert urls == {"avatars": "https://a.example.com/v1", "geo": "http://[::1]:8080"}


@pytest.mark.parametrize(
    "url",
    ["", "example.com", "ftp://a", "http://", "http://u:secret@a", "http://a?b", "http://a:0"],
)
def test_another_url_is_refused_and_not_shown(workspace: Workspace, url: str) -> None:
    with pytest.raises(InvalidSettings) as raised:
        workspace.with_settings(HTTP_CLIENT__URLS__AVATARS=url).settings()

    assert "HTTP_CLIENT__URLS__AVATARS: must be http://host" in str(raised.value)
    assert "secret" not in str(raised.value)


async def test_the_library_has_what_the_transport_needs() -> None:
    if SERVICE.interface.endswith("asgi"):
        from aiohttp import ClientSession

        async with ClientSession() as session:
            assert session._retry_connection is True, "see aio/http_client/transport.py"
    else:
        from urllib3.connection import HTTPConnection

        assert callable(HTTPConnection._new_conn), "see blocking/http_client/sockets.py"
