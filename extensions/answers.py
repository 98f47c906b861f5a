"""What an answer may be: a check returns "" or one sentence with what is wrong and what is allowed.

`copier.yml` names the checks as validators, which serve prompts well. But Copier answers a bad
`--data` with a traceback and drops a bad value of an answers file: the hook refuses both first.
"""

from __future__ import annotations

import keyword
import re
import sys
import tomllib
import unicodedata
from collections.abc import Iterator
from difflib import get_close_matches
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml
from copier.errors import UserMessageError
from copier_template_extensions import ContextHook
from jinja2 import Environment

HERE = Path(__file__).resolve().parent
PACKAGE_NAME = re.compile(r"(?=.{2,30}\Z)[a-z][a-z0-9]*(_[a-z0-9]+)*\Z")
LOCAL_PART = r"[A-Za-z0-9_%+'-]+(\.[A-Za-z0-9_%+'-]+)*"
DOMAIN_LABEL = r"[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
EMAIL = re.compile(
    rf"(?=.{{3,254}}\Z)(?=[^@]{{1,64}}@){LOCAL_PART}@{DOMAIN_LABEL}(\.{DOMAIN_LABEL})*\Z"
)
NOT_IN_PROJECT_NAME = re.compile(r"^[ _.+-]|[^a-zA-Z0-9 _.+\x80-\U0010ffff-]")
NONCHARACTER = re.compile(
    "[\ufdd0-\ufdef"
    + "".join(chr(0x10000 * n + 0xFFFE + i) for n in range(17) for i in (0, 1))
    + "]"
)
# Emoji and some scripts are joined by these; any other invisible character hides what a line says.
JOINERS = {"\u200c", "\u200d", *map(chr, range(0xE0020, 0xE0080))}
# Letters that Unicode does not take apart into a Latin letter and an accent.
LATIN = str.maketrans(
    {"æ": "ae", "œ": "oe", "ø": "o", "ł": "l", "đ": "d", "ð": "d", "þ": "th", "\u0131": "i"}
)
YES_OR_NO = {"true", "false", "yes", "no", "on", "off", "y", "n", "1", "0"}
SHOWN = 50  # characters of a bad value that a sentence repeats


class Answers(ContextHook):
    """Offers the checks to `copier.yml`; refuses bad answers before a question or a file."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        environment.filters["package_name_from"] = package_name_from
        environment.filters.update({f"{name}_problem": check for name, check in CHECKS.items()})

    def hook(self, context: dict[str, Any]) -> None:
        if context.get("_copier_phase") == "prompt" and (found := "\n".join(_problems(context))):
            raise UserMessageError(found)


def project_name_problem(name: str) -> str:
    if found := _line_problem("Project name", name, 60):
        return found
    if not (bad := NOT_IN_PROJECT_NAME.search(name)):
        return ""
    return (
        f"Project name {_shown(name)} has {bad[0]!r} where it cannot be: letters, digits, spaces "
        "and - _ . + are allowed, with a letter or digit first."
    )


def package_name_problem(name: str) -> str:
    if not PACKAGE_NAME.match(name):
        return (
            f"Package name {_shown(name)} cannot be used: 2 to 30 letters a-z, digits and single "
            "underscores are allowed, with a letter first and no underscore last."
        )
    if not (what := next((what for what, names in _taken().items() if name in names), "")):
        return ""
    return f"Package name {name!r} is {what}: any other is allowed, such as '{_suffixed(name)}'."


def description_problem(text: str) -> str:
    return _line_problem("Description", text, 200)


def author_name_problem(name: str) -> str:
    if found := _line_problem("Author name", name, 100):
        return found
    # Package metadata writes `name <address>, name <address>`.
    if not (bad := re.search("[,<>@]", name)):
        return ""
    return f"Author name {_shown(name)} contains {bad[0]!r}: anything but , < > and @ is allowed."


def author_email_problem(address: str) -> str:
    if EMAIL.match(address):
        return ""
    return (
        f"Author e-mail {_shown(address)} is not an address: name@example.com is allowed, with "
        "letters a-z, digits and . _ % + ' - before the @, up to 254 characters."
    )


CHECKS = {
    "project_name": project_name_problem,
    "package_name": package_name_problem,
    "description": description_problem,
    "author_name": author_name_problem,
    "author_email": author_email_problem,
}


def package_name_from(project_name: str) -> str:
    """Return an allowed package name, or "" if the project name has nothing to make one of."""
    apart = unicodedata.normalize("NFKD", project_name.casefold().translate(LATIN))
    words = re.findall("[a-z0-9]+", apart.encode("ascii", "ignore").decode().lower())
    name = "_".join(["app", *words] if words and words[0][0].isdigit() else words)[:30].rstrip("_")
    return _suffixed(name) if name and package_name_problem(name) else name


def _suffixed(name: str) -> str:
    return f"{name[:22].rstrip('_')}_service"


def _problems(context: dict[str, Any]) -> Iterator[str]:
    """Yield what is wrong with the answers known so far, wherever they come from."""
    questions, conf = _questions(), context["_copier_conf"]
    for name in (name for name in questions if name in context):
        if found := _answer_problem(name, questions[name], context[name]):
            yield found
    for name in (name for name in conf["data"] if name not in questions):
        # Copier ignores unknown names: a misspelt question would silently get its default.
        close = get_close_matches(name, questions, n=1, cutoff=0.8)
        if close and close[0] not in conf["data"]:
            yield f"No question is called {name!r}: {close[0]!r} is allowed."
    if found := _derived_problem(context):
        yield found


def _derived_problem(context: dict[str, Any]) -> str:
    """Return what is wrong if nobody is asked and the package name must come from the project's."""
    project = context.get("project_name")
    if "package_name" in context or not context["_copier_conf"]["defaults"]:
        return ""
    if not isinstance(project, str) or project_name_problem(project) or package_name_from(project):
        return ""
    return f"No package name can be made of {_shown(project)}: give a package_name too."


def _answer_problem(name: str, question: dict[str, Any], value: object) -> str:
    if "choices" in question:
        allowed = list(question["choices"].values())
        wanted = "" if value in allowed else " or ".join(allowed)
    elif question["type"] == "bool":
        wanted = "" if str(value).lower() in YES_OR_NO else "true or false"
    elif isinstance(value, str):
        return CHECKS[name](value)
    else:
        wanted = "text in quotes"
    return wanted and f"The answer to {name} cannot be {_shown(value)}: {wanted} is allowed."


def _line_problem(subject: str, text: str, limit: int) -> str:
    if hidden := next(filter(_is_hidden, text), ""):
        found = f"contains the unprintable U+{ord(hidden):04X}"
    elif len(text) > limit:
        found = f"has {len(text)} characters"
    elif text != text.strip() or not text:
        found = f"{_shown(text)} is empty or has a space at an end"
    else:
        return ""
    return f"{subject} {found}: one line of 1 to {limit} printable characters is allowed."


def _is_hidden(char: str) -> bool:
    # Unassigned characters (Cn) are let through: newer emoji are unassigned in older Pythons.
    is_control = unicodedata.category(char) in {"Cc", "Cf", "Co", "Cs", "Zl", "Zp"}
    return (is_control and char not in JOINERS) or bool(NONCHARACTER.match(char))


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}..."


@lru_cache
def _questions() -> dict[str, dict[str, Any]]:
    spec = yaml.safe_load((HERE.parent / "copier.yml").read_text("utf-8"))
    return {name: question for name, question in spec.items() if not name.startswith("_")}


@lru_cache
def _taken() -> dict[str, set[str]]:
    """Return the names a package cannot have, by what they are."""
    listed = tomllib.loads((HERE / "taken_names.toml").read_text("utf-8"))
    listed["a dependency of the service"] += _dependencies()
    return {
        "a Python keyword": {*map(str.lower, keyword.kwlist), *keyword.softkwlist},
        "a module of Python's standard library": {*sys.stdlib_module_names, "test"},
        **{what: set(names) for what, names in listed.items()},
    }


def _dependencies() -> Iterator[str]:
    """Yield the distributions and modules that layers name, spelt as a package would be."""
    for path in (HERE.parent / "template").rglob("stack.toml"):
        data = tomllib.loads(path.read_text("utf-8"))
        for item in [*data.get("dependencies", []), *data.get("dev_dependencies", [])]:
            yield re.sub(r"[-.]", "_", item["name"].partition("[")[0]).lower()
