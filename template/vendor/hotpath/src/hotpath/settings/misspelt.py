"""Variables that are no setting and look like one: ignored, they would leave a default in force.

Others with the service's prefix are not the service's: Kubernetes sets `SHOP_SERVICE_HOST`, and
`SHOP_SERVER_PORT=tcp://…`, for services that are named so.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

_SEPARATOR = "__"
_LIKENESS = 0.85
_OF_KUBERNETES = re.compile(r"(?:tcp|udp|sctp)://")


def names_of(fields: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """Yield the names of settings and sections, such as `SERVER` and `SERVER__PORT`."""
    for name, field in fields.items():
        full = before + name.upper()
        yield full
        yield from names_of(getattr(field.annotation, "model_fields", {}), full + _SEPARATOR)


def misspelt(
    variables: Mapping[str, str | None], prefix: str, names: Iterable[str]
) -> Iterator[tuple[str, str]]:
    """Yield variables that are meant to be settings and are none, each with what is wrong.

    Those within a section, which refuses them by itself, are left out.

    Args:
        variables: With their values.
        prefix: What the service's variables start with, such as `SHOP_`.
        names: Of all settings, without the prefix.
    """
    known = {*names}
    of_the_service = {each for each in known if _SEPARATOR not in each}
    plain = {_plain(each) for each in known}
    for variable, value in variables.items():
        name = variable.upper().removeprefix(prefix)
        if name == variable.upper() or name in known or _OF_KUBERNETES.match(value or ""):
            continue
        if _SEPARATOR in name:
            is_meant = name.split(_SEPARATOR)[0] not in known
        else:
            is_meant = _plain(name) in plain or closest(name, of_the_service) is not None
        if is_meant:
            yield variable, no_such_setting(name, prefix, known)


def no_such_setting(name: str, prefix: str, names: Iterable[str]) -> str:
    """Return what to say of a name that is no setting: with the one that it may stand for."""
    meant = closest(name, names)
    hint = f"; is {prefix}{meant} meant?" if meant else ""
    return f"there is no such setting{hint}"


def closest(name: str, names: Iterable[str]) -> str | None:
    """Return the name that is most like this one, if one is, underscores aside."""
    plain = {_plain(each): each for each in names}
    found = get_close_matches(_plain(name), plain, 1, _LIKENESS)
    return plain[found[0]] if found else None


def _plain(name: str) -> str:
    return name.replace("_", "")
