"""Hot endpoints: the mark, and the table that finds them before the framework's router runs.

What a hot endpoint is called with stands in `inputs.py` of each web flavour.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Endpoint = TypeVar("Endpoint", bound=Callable[..., Any])
_MARK = "is_hot"


def hot(endpoint: Endpoint) -> Endpoint:
    """Call `endpoint` without the framework's router, which takes longer than most endpoints.

    It is declared like any other route and gets the same arguments, as far as `inputs.py` can read
    them; a request with any other input, such as invalid input, is handled by the framework.
    Dependencies and middleware of the framework do not run before it.
    """
    setattr(endpoint, _MARK, True)
    return endpoint


def not_a_response(endpoint: Callable[..., Any], returned: object) -> TypeError:
    """Return the error of a hot endpoint that returned anything but a `Response`."""
    name = f"{endpoint.__module__}.{endpoint.__qualname__}"
    return TypeError(f"{name} is hot and returned {type(returned).__name__}, not a Response")


def is_hot(endpoint: Callable[..., Any]) -> bool:
    """Tell whether an endpoint is marked as hot."""
    return hasattr(endpoint, _MARK)


T = TypeVar("T")

_PARAMETER = re.compile(r"\{(\w+)(?::(\w+))?\}")


@dataclass(frozen=True)
class DeclaredRoute(Generic[T]):
    """A route as the framework knows it; `hot` is None where only the framework handles it."""

    methods: Iterable[str]
    template: str
    hot: T | None


class HotTable(Generic[T]):
    """Finds the first route that matches a path, in the framework's order, if it is hot."""

    def __init__(self, routes: Sequence[DeclaredRoute[T]]) -> None:
        """Take all routes in the framework's order.

        Raises:
            ValueError: a parameter of a hot route has a converter, which only the framework has.
        """
        for route in routes:
            if route.hot is not None and ":" in route.template:
                raise ValueError(f"{route.template} cannot be hot: a parameter has a converter")
        self._by_method = {
            method: _Routes(
                [route for route in routes if method in route.methods],
                _paths_of_others(routes, method),
            )
            for method in {method for route in routes for method in route.methods}
        }
        self.hot = {
            (method, route.template) for route in routes if route.hot for method in route.methods
        }

    def find(self, method: str, path: str) -> tuple[T, Sequence[str]] | None:
        """Return the hot route of a path and the values of its parameters. Cost: 1 µs."""
        routes = self._by_method.get(method)
        if routes is None:
            return None
        found = routes.by_path.get(path)
        return routes.find(path) if found is None else found or None


def _paths_of_others(routes: Sequence[DeclaredRoute[T]], method: str) -> set[str]:
    """Return the paths without parameters that do not have `method`, where the framework says 405.

    A template with parameters that is declared before such a path responds in its place.
    """
    found, own = set(), set()
    for route in routes:
        if method in route.methods:
            own.add(route.template)
        elif not parameters_of(route.template):
            before = (pattern_of(template) for template in own)
            if not any(re.fullmatch(pattern, route.template) for pattern in before):
                found.add(route.template)
    return found - own


class _Routes(Generic[T]):
    def __init__(self, routes: Sequence[DeclaredRoute[T]], paths_of_others: Iterable[str]) -> None:
        self._match = re.compile("|".join(pattern_of(route.template) for route in routes)).fullmatch
        self._by_group: dict[int, tuple[T | None, Sequence[int]]] = {}
        group = 1
        for route in routes:
            count = len(parameters_of(route.template))
            self._by_group[group] = route.hot, range(group + 1, group + 1 + count)
            group += 1 + count
        fixed = [route.template for route in routes if not parameters_of(route.template)]
        self.by_path: dict[str, tuple[T, Sequence[str]] | tuple[()]] = {
            **{template: self.find(template) or () for template in fixed},
            **dict.fromkeys(paths_of_others, ()),
        }
        """What is known of paths without parameters; empty where the framework handles them."""

    def find(self, path: str) -> tuple[T, Sequence[str]] | None:
        match = self._match(path)
        if match is None or match.lastindex is None:
            return None
        route, groups = self._by_group[match.lastindex]
        if route is None:
            return None
        is_one = len(groups) == 1  # the usual case: a comprehension takes 0.15 µs more
        return route, [match[groups[0]]] if is_one else [match[group] for group in groups]


def parameters_of(template: str) -> list[str]:
    """Return the names of a template's parameters, such as `user_id` of `/users/{user_id}`."""
    return [name for name, _ in _PARAMETER.findall(template)]


def pattern_of(template: str) -> str:
    """Return a group of the whole path, with a group for each parameter."""
    pattern, end = "", 0
    for each in _PARAMETER.finditer(template):
        pattern += re.escape(template[end : each.start()]) + (
            "(.*)" if each[2] == "path" else "([^/]+)"
        )
        end = each.end()
    return f"({pattern}{re.escape(template[end:])})"
