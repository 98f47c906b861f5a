"""What holds for every path: methods, problems, headers."""

import re

import httpx2
import pytest
from hotpath.testing.problems import assert_problem

from ..operations import FEATURES

PLAIN_PATHS = ("/healthz", "/readyz", "/metrics", "/openapi.json", "/docs", f"/tasks/{'0' * 32}")
ALL = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
WRONG_METHOD = "Specified method is invalid for this resource"


def methods_by_path() -> dict[str, set[str]]:
    """Return the methods of every path, with ids filled in."""
    methods = {path: {"GET", "HEAD"} for path in PLAIN_PATHS}
    for path in (re.sub(r"\{\w+\}", "1", operation.path) for operation in FEATURES):
        own = [one for one in FEATURES if one.path == path]  # `/users/bulk`, not `/users/{id}`
        those = own or [one for one in FEATURES if fits(one.path, path)]
        fitting = {one.method.upper() for one in those}
        methods[path] = fitting | {"HEAD"} if "GET" in fitting else fitting
    return methods


def fits(template: str, path: str) -> bool:
    """Tell whether a path may be that of a template."""
    return re.fullmatch(re.sub(r"\{\w+\}", "[^/]+", template), path) is not None


METHODS = methods_by_path()
READABLE = [path for path, methods in METHODS.items() if "GET" in methods]
ANYWHERE = [*((method, path) for method in ALL for path in ("/healthz", "/nothing"))]


@pytest.mark.parametrize("path", ["/", "/nothing", "/healthz/", "//healthz", "/tasks", "/tasks/"])
def test_an_unknown_path_is_a_problem(http: httpx2.Client, path: str) -> None:
    assert_problem(http.get(path), 404, "Nothing matches the given URI")


@pytest.mark.parametrize("path", METHODS)
def test_a_wrong_method_is_told_all_right_ones(http: httpx2.Client, path: str) -> None:
    for method in set(ALL) - METHODS[path] - {"HEAD"}:
        answer = http.request(method, path)
        assert_problem(answer, 405, WRONG_METHOD)
        assert answer.headers["allow"] == ", ".join(sorted(METHODS[path]))


@pytest.mark.parametrize("path", READABLE)
def test_head_is_get_without_a_body(http: httpx2.Client, path: str) -> None:
    whole, head = http.get(path), http.head(path)

    assert head.content == b""
    assert head.status_code == whole.status_code
    assert head.headers["content-type"] == whole.headers["content-type"]
    # The connection still works: no body was left on it.
    assert http.get("/healthz").text == '{"status":"ok"}'


@pytest.mark.parametrize(("method", "path"), ANYWHERE)
def test_every_answer_says_which_request_and_how_long(
    http: httpx2.Client, method: str, path: str
) -> None:
    headers = http.request(method, path).headers

    assert len(headers.get_list("x-request-id")) == 1
    assert re.fullmatch("[0-9a-f]{32}", headers["x-request-id"])
    [seconds] = headers.get_list("x-process-time")
    [timing] = headers.get_list("server-timing")
    assert 0 < float(seconds) < 10
    milliseconds = re.fullmatch(r"app;dur=(\d+\.\d{3})", timing)
    assert milliseconds is not None
    assert float(milliseconds[1]) == pytest.approx(float(seconds) * 1000, abs=0.002)


def test_two_requests_have_two_ids(http: httpx2.Client) -> None:
    first, second = http.get("/healthz"), http.get("/healthz")

    assert first.headers["x-request-id"] != second.headers["x-request-id"]


@pytest.mark.parametrize("given", ["a", "A-b_c.9", "f" * 128])
def test_a_harmless_request_id_is_kept(http: httpx2.Client, given: str) -> None:
    answer = http.get("/nothing", headers={"x-request-id": given})

    assert answer.headers["x-request-id"] == given


@pytest.mark.parametrize("given", ["", "a b", "f" * 129, 'a"b', "{}", "a;b", "a\tb", "%0a", "é"])
def test_a_harmful_request_id_is_replaced(http: httpx2.Client, given: str) -> None:
    answer = http.get("/healthz", headers={b"x-request-id": given.encode()})

    assert re.fullmatch("[0-9a-f]{32}", answer.headers["x-request-id"])
