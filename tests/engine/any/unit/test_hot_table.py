"""Which route a path is for: the first that takes it, as in the framework."""

from collections.abc import Sequence

import pytest
from hotpath.http.hot import DeclaredRoute, HotTable, parameters_of


def table(*templates: str) -> HotTable[str]:
    """Return a table of GET routes; those that start with `-` are not hot."""
    return HotTable(
        [
            DeclaredRoute(
                ("GET",), template.removeprefix("-"), None if "-" in template else template
            )
            for template in templates
        ]
    )


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("/a", ("/a", [])),
        ("/a/1", ("/a/{x}", ["1"])),
        ("/a/1/b/2", ("/a/{x}/b/{y}", ["1", "2"])),
        ("/a/fixed", None),
        ("/a/1/b", None),
        ("/a/", None),
        ("/a/1/", None),
        ("/a.b", ("/a.b", [])),
        ("/aXb", None),
        ("/a/\n", ("/a/{x}", ["\n"])),
        ("", None),
    ],
)
def test_the_first_route_that_takes_a_path_is_found(
    path: str, found: tuple[str, Sequence[str]] | None
) -> None:
    routes = table("/a", "-/a/fixed", "/a/{x}", "-/a/{x}/b", "/a/{x}/b/{y}", "/a.b")

    assert routes.find("GET", path) == found


def test_a_route_that_is_hidden_by_one_before_it_is_not_found() -> None:
    routes = table("-/a/{anything:int}", "/a/fixed", "-/b/{rest:path}", "/b/c/d")

    assert routes.find("GET", "/a/fixed") is None
    assert routes.find("GET", "/b/c/d") is None


def test_other_methods_find_nothing() -> None:
    assert table("/a").find("POST", "/a") is None
    assert table("/a").hot == {("GET", "/a")}


def test_a_path_without_parameters_has_its_own_methods_alone() -> None:
    """The framework responds 405 to `GET /a/fixed`, not what `/a/{x}` does."""
    post = DeclaredRoute(("POST",), "/a/fixed", "/a/fixed")
    routes = HotTable([post, DeclaredRoute(("GET",), "/a/{x}", "/a/{x}")])

    assert routes.find("GET", "/a/fixed") is None
    assert routes.find("GET", "/a/other") == ("/a/{x}", ["other"])
    assert routes.find("POST", "/a/fixed") == ("/a/fixed", [])


def test_parameters_are_named_in_order() -> None:
    assert parameters_of("/a/{x}/b/{y}") == ["x", "y"]


def test_a_hot_route_with_a_converter_is_refused() -> None:
    with pytest.raises(ValueError, match="cannot be hot"):
        table("/a/{x:int}")
