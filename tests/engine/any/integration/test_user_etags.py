"""ETags: a client that has the current answer gets 304 and no body."""

from collections.abc import Callable

import httpx2
import pytest

from ..users import add_user


@pytest.mark.parametrize(
    "spelled",
    [
        lambda tag: tag,
        lambda tag: f"W/{tag}",
        lambda tag: f'"other", {tag}',
        lambda tag: f'W/"other",{tag} , "more"',
        lambda _: "*",
    ],
)
def test_a_current_copy_is_not_sent_again(
    http: httpx2.Client, spelled: Callable[[str], str]
) -> None:
    path = f"/users/{add_user(http)['id']}"
    etag = http.get(path).headers["etag"]

    answer = http.get(path, headers={"if-none-match": spelled(etag)})

    assert (answer.status_code, answer.content) == (304, b"")
    assert answer.headers["etag"] == etag
    assert "content-type" not in answer.headers


@pytest.mark.parametrize("given", ['"other"', "", "nonsense", 'W/"other", "more"'])
def test_another_copy_is_replaced(http: httpx2.Client, given: str) -> None:
    user = add_user(http)

    answer = http.get(f"/users/{user['id']}", headers={"if-none-match": given})

    assert (answer.status_code, answer.json()) == (200, user)


def test_the_tag_changes_with_the_user_and_only_then(http: httpx2.Client) -> None:
    path = f"/users/{add_user(http, name='Ada')['id']}"
    before = http.get(path).headers["etag"]
    assert http.get(path).headers["etag"] == before

    http.patch(path, json={"name": "Grace"})

    changed = http.get(path, headers={"if-none-match": before})
    assert changed.status_code == 200
    assert changed.headers["etag"] != before

    http.patch(path, json={"name": "Ada"})

    assert http.get(path).headers["etag"] == before


def test_a_missing_user_has_no_tag(http: httpx2.Client) -> None:
    answer = http.get("/users/987654321", headers={"if-none-match": "*"})

    assert answer.status_code == 404
    assert "etag" not in answer.headers
