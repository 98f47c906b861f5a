"""Async code becomes the sync code one would write, and `package_name` the package."""

from pathlib import Path

import pytest
from async_to_sync_cases import CONVERSIONS, REFUSED, SYNC_SOURCES
from async_to_sync_ruff import ruff_complaints
from conftest import ROOT
from hypothesis import given
from hypothesis import strategies as st
from renders import load_module

conversion = load_module(ROOT / "extensions" / "async_to_sync.py").conversion
names = conversion.names


def to_sync(source: str) -> str:
    converted: str = conversion.convert(source, True, names.PACKAGE)
    return converted


def name_package(source: str, package: str) -> str:
    named: str = conversion.convert(source, False, package)
    return named


@pytest.mark.parametrize(("source", "expected"), CONVERSIONS.values(), ids=CONVERSIONS)
def test_async_source_becomes_the_sync_source_one_would_write(source: str, expected: str) -> None:
    assert to_sync(source) == expected


def test_ruff_accepts_both_sides_of_every_conversion(tmp_path: Path) -> None:
    for number, (source, expected) in enumerate(CONVERSIONS.values()):
        (tmp_path / f"source_{number}.py").write_text(source, "utf-8")
        (tmp_path / f"expected_{number}.py").write_text(expected, "utf-8")

    assert ruff_complaints(tmp_path, "I,F401") == ""


@pytest.mark.parametrize("source", SYNC_SOURCES.values(), ids=SYNC_SOURCES)
def test_sync_source_comes_back_unchanged(source: str) -> None:
    assert to_sync(source) == source


@given(st.lists(st.sampled_from([source for source, _ in CONVERSIONS.values()]), max_size=3))
def test_converting_twice_changes_nothing_more(parts: list[str]) -> None:
    once = to_sync("\n\n".join(parts))

    assert to_sync(once) == once


@pytest.mark.parametrize(("source", "line", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_cannot_be_converted_is_refused_with_its_line(
    source: str, line: int, reason: str
) -> None:
    with pytest.raises(conversion.ConversionError, match=reason) as refusal:
        to_sync(source)

    assert refusal.value.line == line


def test_every_rename_ends_at_a_name_that_stays() -> None:
    assert not set(names.RENAMES) & set(names.RENAMES.values())
    assert not set(names.METHODS) & set(names.METHODS.values())


def test_the_package_gets_its_real_name_and_place_among_the_imports() -> None:
    source = """\
import zlib

from package_name.settings import Settings
from tests.services import Services

x = package_name, "package_name", zlib, Settings, Services
"""
    expected = """\
import zlib

from tests.services import Services
from zoo.settings import Settings

x = zoo, "package_name", zlib, Settings, Services
"""
    assert name_package(source, "zoo") == expected


def test_in_the_engine_its_own_modules_come_last() -> None:
    source = """\
from sqlalchemy.ext.asyncio import AsyncEngine

from hotpath.aio.db.database import Database

x = AsyncEngine, Database
"""
    expected = """\
from sqlalchemy import Engine

from hotpath.blocking.db.database import Database

x = Engine, Database
"""
    assert conversion.convert(source, True, "hotpath") == expected


def test_a_long_package_name_wraps_its_imports() -> None:
    package = "p" * 40
    source = "from package_name.observability.metrics import Counter, Gauge, Summary, a\n"
    expected = (
        f"from {package}.observability.metrics import (\n"
        "    Counter,\n    Gauge,\n    Summary,\n    a,\n)\n"
    )
    assert name_package(source, package) == expected
