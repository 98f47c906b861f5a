"""Variables that are no setting and look like one: ignored, they would leave a default in force.

Others with the service's prefix are not the service's: Kubernetes sets `SHOP_SERVICE_HOST`, and
`SHOP_SERVER_PORT=tcp://…`, for services that are named so, and `SHOP_ADMIN_SERVER__PORT` is of one
that is named `shop_admin`.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

_SEPARATOR = "__"
_LIKENESS = 0.9
_OF_KUBERNETES = re.compile(r"(?:tcp|udp|sctp)://")


def names_of(fields: Mapping[str, Any], before: str = "") -> Iterator[str]:
    """Yield the names of settings and sections, such as `SERVER` and `SERVER__PORT`."""
    for name, field in fields.items():
        full = before + name.upper()
        yield full
        yield from names_of(getattr(field.annotation, "model_fields", {}), full + _SEPARATOR)


class Names:
    """The settings of a service, by the names of their variables."""

    def __init__(
        self, prefix: str, names: Iterable[str], of_platforms: Mapping[str, str] | None = None
    ) -> None:
        """Create them.

        Args:
            prefix: What the service's variables start with, such as `SHOP_`.
            names: Of sections and settings, without the prefix.
            of_platforms: Settings by the variables of platforms; `SHOP_DATABASE_URL` is neither.
        """
        self._prefix = prefix
        self._known = {*names}
        self._of_platforms = of_platforms or {}
        self._name_by_letters = {_letters(each): each for each in self._known}

    def misspelt(self, variables: Mapping[str, str | None]) -> Iterator[tuple[str, str]]:
        """Yield variables that are meant as settings and are none, each with what is wrong.

        Those within a section, which refuses them by itself, are left out.
        """
        for variable, value in variables.items():
            name = variable.upper().removeprefix(self._prefix)
            is_other = name == variable.upper() or _OF_KUBERNETES.match(value or "")
            if not is_other and name not in self._known and self._is_meant(name):
                yield variable, self.no_such(name)

    def no_such(self, name: str) -> str:
        """Return what to say of a name that is no setting: with the one it may stand for."""
        meant = self._closest(name)
        return "there is no such setting" + (f"; is {self._prefix}{meant} meant?" if meant else "")

    def _is_meant(self, name: str) -> bool:
        section, separator, rest = name.partition(_SEPARATOR)
        if not separator:
            meant = self._closest(name)
            return meant is not None and not _is_extended(_letters(name), _letters(meant))
        is_of_another_service = any(
            section.endswith(f"_{each.partition(_SEPARATOR)[0]}")
            for each in self._known
            if each.endswith(f"{_SEPARATOR}{rest}")
        )
        return section not in self._known and not is_of_another_service

    def _closest(self, name: str) -> str | None:
        """Return the setting that is spelt like this, or nearly so."""
        letters = _letters(name)
        found = self._of_platforms.get(name) or self._name_by_letters.get(letters)
        if found is not None:
            return found
        close = get_close_matches(letters, self._name_by_letters, 1, _LIKENESS)
        return self._name_by_letters[close[0]] if close else None


def _is_extended(name: str, other: str) -> bool:
    """Tell whether one of two that differ has all letters of the other: `SECRET_KEY_OLD`."""
    return name != other and (name in other or other in name)


def _letters(name: str) -> str:
    return name.replace("_", "")
