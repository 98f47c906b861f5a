"""The methods of a path: what `Allow` of a 405 lists."""

import pytest
from hotpath.http.paths import allowed_methods, fixed_paths

ROUTES = (
    (("POST",), "/users/bulk"),
    (("PATCH",), "/users/bulk"),
    (("GET",), "/users/stats"),
    (("GET",), "/users/{user_id}"),
    (("DELETE",), "/users/{user_id}"),
    (("PUT",), "/users/{name}"),
    (("GET",), "/files/{rest:path}"),
)


@pytest.mark.parametrize(
    ("path", "methods"),
    [
        ("/users/bulk", ["PATCH", "POST"]),
        ("/users/stats", ["GET", "HEAD"]),
        ("/users/1", ["DELETE", "GET", "HEAD", "PUT"]),
        ("/files/a/b", ["GET", "HEAD"]),
        ("/users/1/2", []),
        ("/users", []),
    ],
)
def test_a_path_has_the_methods_of_its_templates(path: str, methods: list[str]) -> None:
    assert allowed_methods(ROUTES, path) == methods


def test_fixed_paths_have_no_parameters() -> None:
    assert fixed_paths(ROUTES) == {"/users/bulk", "/users/stats"}
