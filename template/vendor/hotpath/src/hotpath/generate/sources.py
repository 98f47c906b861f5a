"""The texts of a new feature's modules; ruff formats them, and drops the imports nobody needs."""

from collections.abc import Iterator

from hotpath.generate.feature import Feature
from hotpath.generate.fields import Field


def package(feature: Feature) -> str:
    """Return `__init__.py`."""
    return f'"""{_Title(feature).many}."""\n'


def model(feature: Feature) -> str:
    """Return `model.py`."""
    table = feature.name
    checks = [
        f'CheckConstraint("{_allowed(each)}", name="{each.name}"),'
        for each in feature.fields
        if each.choices
    ]
    columns: list[tuple[str, ...]] = [(each.name, "id") for each in feature.filters]
    columns += [("created_at", "id")]
    columns += [(each.name, "created_at", "id") for each in feature.filters]
    indexes = [
        f'Index("ix_{table}_{"_".join(names)}", {", ".join(map(repr, names))}),'
        for names in columns
    ]
    return f'''"""The table of {_words(table)}."""

from datetime import date, datetime
from uuid import UUID

from hotpath.db.models import Base, CreatedAt, Id, UtcDateTime
from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, String, Text
from sqlalchemy.orm import Mapped, mapped_column


class {feature.model}(Base):
    """{_Title(feature).one}."""

    __tablename__ = "{table}"
    __table_args__ = (
        {_lines([*checks, *indexes], 8)}
    )

    id: Mapped[Id]
    {_lines(map(_column, feature.fields), 4)}
    created_at: Mapped[CreatedAt]
'''


def schemas(feature: Feature) -> str:
    """Return `schemas.py`."""
    name, words = feature.model, _words(feature.name)
    aliases = [
        f"{each.alias} = Literal[{', '.join(map(repr, each.choices))}]"
        for each in feature.fields
        if each.choices
    ]
    filters = [f"{each.name}: {each.kind.given} | None = None" for each in feature.filters]
    asked = [
        *filters,
        "created_after: UtcTime | None = None",
        'order: Literal["created_at", "-created_at"] | None = None',
        "count: bool = False",
    ]
    return f'''"""What {words} look like over HTTP."""

from datetime import date, datetime
from typing import Literal
from uuid import UUID

from hotpath.schemas import (
    Changes, CountedPage, Int64, ListQuery, LongText, RowId, ShortText, UtcTime, unchanged
)
from pydantic import BaseModel, FiniteFloat

{_lines(aliases, 0)}


class {name}Create(BaseModel, extra="forbid"):
    """A new {_words(feature.one)}."""

    {_lines(map(_given, feature.fields), 4)}


class {name}Update(Changes):
    """What to change; fields left out stay."""

    {_lines((_changed(each) for each in feature.fields if not each.parent), 4)}


class {name}Out(BaseModel):
    """{_Title(feature).one}."""

    id: int
    {_lines(map(_returned, feature.fields), 4)}
    created_at: datetime


class {name}ListQuery(ListQuery):
    """Which {words}, and how many at a time."""

    {_lines(asked, 4)}


class {name}Page(CountedPage[{name}Out]):
    """A page of {words}."""
'''


def service(feature: Feature) -> str:
    """Return `service.py`."""
    library = "aio" if feature.is_async else "blocking"
    filters = [f'"{each.name}": {feature.model}.{each.name},' for each in feature.filters]
    is_other = feature.one != feature.model.lower()
    name = f'\n    name="{feature.one}",' if is_other else ""
    return f'''"""What is read and written of {_words(feature.name)}; knows no HTTP."""

from hotpath.{library}.repository import Repository, after

from .model import {feature.model}
from .schemas import {feature.model}Out

{feature.name} = Repository(
    {feature.model},
    {feature.model}Out,{name}
    filters={{
        {_lines([*filters, f'"created_after": after({feature.model}.created_at),'], 8)}
    }},
    orders=["created_at", "-created_at"],
)
'''


def tests(feature: Feature) -> str:
    """Return the test module."""
    one, many, path = feature.one, feature.name, _path(feature)
    plain = [each for each in feature.fields if not each.parent]
    new = ", ".join(f'"{each.name}": {each.kind.samples[0]}' for each in plain)
    parents = "".join(
        f', "{each.name}": add_row(workspace, "{each.parent}")'
        for each in feature.fields
        if each.parent
    )
    changes = f'"{plain[0].name}": {plain[0].kind.samples[1]}'
    return f'''"""{_Title(feature).many} over HTTP, each operation within one statement."""

from typing import Any

import httpx2
from hotpath.testing.in_process import InProcessClient
from hotpath.testing.problems import assert_problem
from hotpath.testing.rows import add_row
from hotpath.testing.workspace import Workspace

NEW: dict[str, Any] = {{{new}}}
CHANGES: dict[str, Any] = {{{changes}}}


def add_{one}(http: httpx2.Client, workspace: Workspace) -> dict[str, Any]:
    """Add one and return the response."""
    response = http.post("{path}", json={{**NEW{parents}}})
    assert response.status_code == 201, response.text
    {one}: dict[str, Any] = response.json()
    return {one}


def test_{one}_is_added_read_changed_and_deleted(http: httpx2.Client, workspace: Workspace) -> None:
    {one} = add_{one}(http, workspace)
    path = f"{path}/{{{one}['id']}}"

    assert http.get(path).json() == {one}
    assert http.patch(path, json=CHANGES).json() == {{**{one}, **CHANGES}}
    assert http.get(path).json() == {{**{one}, **CHANGES}}
    assert http.delete(path).status_code == 204
    assert_problem(http.get(path), 404, f"{one} {{{one}['id']}} does not exist")


def test_{many}_are_listed_a_page_at_a_time(http: httpx2.Client, workspace: Workspace) -> None:
    before, first, second = (add_{one}(http, workspace) for _ in range(3))
    query = {{"created_after": before["created_at"], "limit": 1, "count": True}}

    page = http.get("{path}", params=query).json()
    rest = http.get("{path}", params={{**query, "cursor": page["next_cursor"]}}).json()
    newest = http.get("{path}", params={{"order": "-created_at", "limit": 2}}).json()

    assert (page["items"], page["total"]) == ([first], 2)
    assert (rest["items"], rest["next_cursor"]) == ([second], None)
    assert newest["items"] == [second, first]


def test_an_operation_on_{many}_is_one_statement(
    in_process: InProcessClient, workspace: Workspace
) -> None:
    path = f"{path}/{{add_{one}(in_process, workspace)['id']}}"
    calls = [("GET", path, None), ("GET", "{path}?limit=7", None), ("PATCH", path, CHANGES)]
    for method, url, body in calls:
        in_process.request(method, url, json=body).raise_for_status()
        assert len(in_process.statements) == 1, f"{{method}} {{url}}: {{in_process.statements}}"
'''


class _Title:
    def __init__(self, feature: Feature) -> None:
        article = "An" if feature.one[0] in "aeiou" else "A"
        self.one = f"{article} {_words(feature.one)}"
        self.many = _words(feature.name).capitalize()


def _words(name: str) -> str:
    return name.replace("_", " ")


def _path(feature: Feature) -> str:
    return "/" + feature.name.replace("_", "-")


def _allowed(field: Field) -> str:
    listed = ", ".join(f"'{choice}'" for choice in field.choices)
    return f"{field.name} IN ({listed})"


def _optional(field: Field, type_: str) -> str:
    return f"{type_} | None" if field.is_optional else type_


def _column(field: Field) -> str:
    arguments = []
    if field.parent:
        arguments.append(f'ForeignKey("{field.parent}.id", ondelete="CASCADE")')
    elif field.kind.column:
        arguments.append(field.kind.column)
    if field.choices and not field.is_optional:
        arguments.append(f'default="{field.choices[0]}"')
    column = f" = mapped_column({', '.join(arguments)})" if arguments else ""
    return f"{field.name}: Mapped[{_optional(field, field.kind.annotation)}]{column}"


def _given(field: Field) -> str:
    type_ = f"{field.name}: {_optional(field, field.kind.given)}"
    if field.is_optional:
        return f"{type_} = None"
    return f'{type_} = "{field.choices[0]}"' if field.choices else type_


def _changed(field: Field) -> str:
    return f"{field.name}: {_optional(field, field.kind.given)} = unchanged()"


def _returned(field: Field) -> str:
    type_ = field.alias if field.choices else field.kind.annotation
    return f"{field.name}: {_optional(field, type_)}"


def _lines(lines: Iterator[str] | list[str], indent: int) -> str:
    return ("\n" + " " * indent).join(lines)
