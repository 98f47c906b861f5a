"""A new feature: its names, its fields, and whether a service can have it."""

import sys
from dataclasses import dataclass
from pathlib import Path

from hotpath.generate.fields import Field, Refused, check_name, parse_field
from hotpath.service import Service

_TAKEN = {"Base", "Changes", "Field", "Id", "Index", "Literal", "Repository", "Response", "Router"}
_TAKEN |= {"String", "Text", "Date", "Mapped", "Path", "Query", "Annotated", "Any", "Page"}


@dataclass(frozen=True)
class Feature:
    """What is written."""

    name: str
    """Of its folder, its table and its paths, in plural: orders."""
    one: str
    """One row, in lower case: order."""
    model: str
    fields: tuple[Field, ...]
    is_async: bool

    @property
    def filters(self) -> tuple[Field, ...]:
        """The fields that pages can be asked for by."""
        return tuple(each for each in self.fields if each.is_filter)


def make_feature(service: Service, name: str, one: str, fields: list[str]) -> Feature:
    """Return a feature that the service can have.

    Args:
        one: What a row is called; made of the name if it is "".
    Raises:
        Refused: it cannot; in a sentence.
    """
    check_name(name, "a feature")
    one = one or singular(name)
    check_name(one, "a row")
    model = "".join(part.capitalize() for part in one.split("_"))
    if (service.folder / name).exists() or (service.folder / f"{name}.py").exists():
        raise Refused(f"{service.package} has {name} already")
    if name in sys.stdlib_module_names or name == one:
        raise Refused(
            f"a feature cannot be called {name!r}: say its plural, and one of it by --one"
        )
    if model in _TAKEN:
        raise Refused(f"a row cannot be called {model}: another name is --one")
    parsed = tuple(map(parse_field, fields))
    if not any(not each.parent for each in parsed):
        raise Refused("a feature needs a field of its own, such as title:str")
    names = [each.name for each in parsed]
    if twice := sorted({each for each in names if names.count(each) > 1}):
        raise Refused(f"{', '.join(twice)}: a field is there twice")
    for parent in sorted({each.parent for each in parsed if each.parent}):
        if not _has_table(service.folder, parent):
            raise Refused(f"there is no table {parent} that a row could belong to")
    return Feature(name, one, model, parsed, service.flavour == "hotpath.aio")


def singular(name: str) -> str:
    """Return what one of these is called, as far as a rule can tell."""
    for plural, ending in (("ies", "y"), ("sses", "ss"), ("xes", "x"), ("ches", "ch"), ("s", "")):
        if name.endswith(plural) and len(name) > len(plural):
            return name.removesuffix(plural) + ending
    return name


def _has_table(folder: Path, table: str) -> bool:
    spelled = f'__tablename__ = "{table}"'
    return any(spelled in path.read_text("utf-8") for path in folder.glob("*/model.py"))
