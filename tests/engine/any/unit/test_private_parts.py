"""What the engine uses of libraries that they do not promise is still there."""

from contextvars import ContextVar

from pyinstrument.low_level.stat_profile import setstatprofile
from sqlalchemy import Integer, bindparam, select
from sqlalchemy.dialects import sqlite


def test_sqlalchemy_has_what_prepared_statements_need() -> None:
    statement = select(bindparam("number", 1, type_=Integer), bindparam("other", type_=Integer))

    compiled = statement.compile(dialect=sqlite.dialect())

    where = "see db/prepared.py"
    missing = ", ".join(part for part in ("positiontup", "binds") if not hasattr(compiled, part))
    assert not missing, f"SQLAlchemy's compiler has no {missing} any more: {where}"
    assert compiled.positiontup == ["number", "other"], where
    assert compiled.binds["number"].effective_value == 1, where
    assert compiled.binds["other"].required, where


def test_pyinstrument_has_what_recordings_need() -> None:
    seen: list[tuple[str, object]] = []
    place = ContextVar("place", default=None)

    def leave() -> None:
        place.set("outside")

    place.set("inside")
    setstatprofile(lambda _, event, argument: seen.append((event, argument)), 1e-9, place)
    leave()
    setstatprofile(None)

    where = "see profiling/recording.py"
    assert {"call", "return", "c_call", "c_return"} <= {event for event, _ in seen}, where
    [change] = [argument for event, argument in seen if event == "context_changed"]
    assert change == ("outside", "inside", []), where
