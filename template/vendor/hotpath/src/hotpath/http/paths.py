"""Paths of requests: what a proxy leaves before them, and which methods the routes have there."""

import re
from collections.abc import Collection, Iterable
from urllib.parse import quote_from_bytes, unquote_to_bytes

from hotpath.http.hot import parameters_of, pattern_of

DeclaredPath = tuple[Collection[str], str]
"""Methods and template of a route."""


def without_root(path: str, root: str) -> str:
    """Return a decoded path without `root`, if a proxy has left it there."""
    rest = path[len(root) :]
    if path.startswith(root) and (not rest or rest.startswith("/")):
        return rest or "/"
    return path


def target_without_root(target: bytes, root: bytes) -> bytes:
    """Return a target, its path and query as they were sent, without `root`; see `without_root`."""
    rest = target[len(root) :]
    if target.startswith(root) and (not rest or rest[:1] in b"/?"):
        return rest if rest[:1] == b"/" else b"/" + rest
    path, mark, query = target.partition(b"?")
    if b"%" not in path:
        return target
    decoded = unquote_to_bytes(path)  # what it starts with may be encoded
    rest = decoded[len(root) :]
    if decoded.startswith(root) and (not rest or rest[:1] == b"/"):
        return quote_from_bytes(rest or b"/").encode() + mark + query
    return target


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
