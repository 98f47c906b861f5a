"""Paths of requests: what a proxy leaves before them, and which methods they have.

From the routes of the framework, the same in both web flavours."""

import re
from collections.abc import Collection, Iterable
from typing import TypeVar

from hotpath.http.hot import parameters_of, pattern_of

DeclaredPath = tuple[Collection[str], str]
"""Methods and template of a route."""


Path = TypeVar("Path", str, bytes)


def without_root(path: Path, root: Path) -> Path:
    """Return a path, with its query if it has one, without `root` if a proxy has left it there."""
    rest = path[len(root) :]
    if path.startswith(root) and (not rest or rest[:1] in ("/", "?", b"/", b"?")):
        slash = path[:1]
        return rest if rest[:1] == slash else slash + rest
    return path


def fixed_paths(routes: Iterable[DeclaredPath]) -> set[str]:
    """Return the templates without parameters: no other template responds to one of these."""
    return {template for _, template in routes if not parameters_of(template)}


def allowed_methods(routes: Iterable[DeclaredPath], path: str) -> list[str]:
    """Return the methods of a path, sorted; those of a fixed path are its own alone.

    Cost: a regular expression per route, for a response of 405.
    """
    declared = list(routes)
    if path in fixed_paths(declared):
        matching = [methods for methods, template in declared if template == path]
    else:
        matching = [
            methods
            for methods, template in declared
            if re.fullmatch(pattern_of(template), path, re.DOTALL)
        ]
    found = {method for methods in matching for method in methods}
    return sorted(found | {"HEAD"} if "GET" in found else found)
