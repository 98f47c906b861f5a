"""Where settings come from beside the service's own variables: files, and a platform's variables.

`ServiceSettings` reads the files by pydantic-settings, once they are known to be whole.
"""

import os
from collections.abc import Iterable, Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any

from dotenv import dotenv_values
from dotenv.parser import Binding, parse_stream
from pydantic.fields import FieldInfo
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource

ENV_FILES = (".dev/services.env", ".env")
"""The latter wins."""

ENCODING = "utf-8-sig"
"""UTF-8, with or without a byte order mark."""

PLATFORM_VARIABLES = {
    ("server", "port"): "PORT",
    ("db", "url"): "DATABASE_URL",
    ("cache", "url"): "REDIS_URL",
    ("tasks", "broker_url"): "REDIS_URL",
}
"""What platforms such as Heroku, Railway and Render set, by the setting it is for."""

_UTF_16 = (b"\xff\xfe", b"\xfe\xff")


class InvalidSettings(ValueError):
    """Every wrong setting, one sentence a line."""


class PlatformValue(str):
    """A value of a platform's variable, which errors are to name."""

    variable: str


class PlatformSource(PydanticBaseSettingsSource):
    """Takes variables of platforms for settings that nothing else has set."""

    def __init__(self, settings: type[BaseSettings], files: Iterable[str]) -> None:
        super().__init__(settings)
        self._files = files

    def get_field_value(self, field: FieldInfo, field_name: str) -> tuple[Any, str, bool]:
        """Return nothing: values are those of sections' fields."""
        return None, field_name, False

    def __call__(self) -> dict[str, Any]:
        """Return the values, by section and name."""
        found: dict[str, Any] = {}
        variables = read_variables(self._files)
        for (section, name), variable in PLATFORM_VARIABLES.items():
            own = self.current_state.get(section, {})
            value = variables.get(variable)
            if value and self._has(section, name) and isinstance(own, dict) and name not in own:
                found.setdefault(section, {})[name] = _named(value, variable)
        return found

    def _has(self, section: str, name: str) -> bool:
        field = self.settings_cls.model_fields.get(section)
        return name in getattr(field and field.annotation, "model_fields", ())


def read_variables(files: Iterable[str]) -> Mapping[str, str | None]:
    """Return the variables of the environment, which win, and of files."""
    variables: dict[str, str | None] = {}
    for name in filter(os.path.isfile, files):
        variables |= dotenv_values(name, encoding=ENCODING)
    return {**variables, **os.environ}


def check_env_file(name: str, prefix: str) -> None:
    """Refuse a file of which a line would be ignored, or taken for something else.

    Args:
        name: Of the file; one that is not there is well.
        prefix: What the service's variables start with.

    Raises:
        InvalidSettings: names file and line; shows no value.
    """
    try:
        data = b"" if Path(name).is_fifo() else Path(name).read_bytes()  # it is read once
    except FileNotFoundError:
        return
    except OSError as error:
        raise InvalidSettings(f"{name}: cannot be read: {error.strerror}.") from None
    problems = list(_problems(_text(name, data), prefix))
    if problems:
        raise InvalidSettings("\n".join(f"{name}, line {line}: {why}." for line, why in problems))


def _text(name: str, data: bytes) -> str:
    if data.startswith(_UTF_16):
        raise InvalidSettings(f"{name}, line 1: is in UTF-16; save it in UTF-8.")
    bad, why = data.find(b"\0"), "has a NUL byte; save it as text in UTF-8"
    try:
        text = data.decode(ENCODING)
    except UnicodeDecodeError as error:
        bad, why = error.start, "is no text in UTF-8"
    if bad >= 0:
        line = data.count(b"\n", 0, bad) + 1
        raise InvalidSettings(f"{name}, line {line}: {why}.")
    return text


def _problems(text: str, prefix: str) -> Iterator[tuple[int, str]]:
    for binding in parse_stream(StringIO(text, newline=None)):
        skipped = len(binding.original.string) - len(binding.original.string.lstrip())
        line = binding.original.line + binding.original.string[:skipped].count("\n")
        if binding.error:
            yield line, "is no NAME=value, or a quote is left open"
        elif _swallows(binding, prefix):
            yield line, "a quote is left open, and ends at one of a later line"
        elif binding.value is None and _is_read(binding.key or "", prefix):
            yield line, "has no = and no value"


def _swallows(binding: Binding, prefix: str) -> bool:
    """Tell whether a value of several lines has a setting in it."""
    lines = (binding.value or "").split("\n")[1:]
    return any(line.lstrip().upper().startswith(prefix) for line in lines)


def _is_read(name: str, prefix: str) -> bool:
    return name.upper().startswith(prefix) or name in PLATFORM_VARIABLES.values()


def _named(value: str, variable: str) -> PlatformValue:
    named = PlatformValue(value)
    named.variable = variable
    return named
