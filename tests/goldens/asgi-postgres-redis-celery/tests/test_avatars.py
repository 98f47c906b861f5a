"""Avatars: asked of another service, here a stub of it."""

from collections.abc import Iterator

import httpx2
import pytest
from hotpath.testing.in_process import InProcessClient, open_in_process
from hotpath.testing.problems import assert_problem
from hotpath.testing.stubs import StubService, stub_service
from hotpath.testing.workspace import Workspace

from .helpers import AVATAR, add_user, compact


@pytest.fixture
def avatars() -> Iterator[StubService]:
    """Run the other service."""
    with stub_service(AVATAR) as stub:
        yield stub


@pytest.fixture
def client(workspace: Workspace, avatars: StubService) -> Iterator[InProcessClient]:
    """Return a client of the application, which calls the stub."""
    place = workspace.with_settings(HTTP_CLIENT__URLS__AVATARS=avatars.url)
    with open_in_process(place) as opened:
        yield opened


def test_an_avatar_is_what_the_other_service_says(
    client: InProcessClient, avatars: StubService
) -> None:
    user = add_user(client)

    response = client.get(f"/users/{user['id']}/avatar")

    assert (response.status_code, response.text) == (200, compact(AVATAR))
    assert avatars.requests == [f"GET /{user['id']}"]


def test_an_unknown_user_is_not_asked_for(client: InProcessClient, avatars: StubService) -> None:
    assert_problem(client.get("/users/999999/avatar"), 404, "user 999999 does not exist")
    assert not avatars.requests


@pytest.mark.parametrize(
    ("answer", "problem"),
    [
        ((404, {}), (404, "user {id} has no avatar")),
        ((403, {}), (502, "avatars answered with the status 403")),
        ((200, {"url": 7}), (502, "avatars answered with no Avatar")),
        ((500, {}), (503, "avatars is unavailable; try again soon")),
    ],
)
def test_another_answer_is_a_problem(
    client: InProcessClient,
    avatars: StubService,
    answer: tuple[int, object],
    problem: tuple[int, str],
) -> None:
    user = add_user(client)
    avatars.status, avatars.body = answer

    response = client.get(f"/users/{user['id']}/avatar")

    assert_problem(response, problem[0], problem[1].format(id=user["id"]))


def test_without_a_url_the_setting_is_named(http: httpx2.Client) -> None:
    user = add_user(http)

    response = http.get(f"/users/{user['id']}/avatar")

    assert response.status_code == 503
    assert response.json()["detail"].endswith("HTTP_CLIENT__URLS__AVATARS")
