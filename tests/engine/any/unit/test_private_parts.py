"""What the engine uses of libraries that they do not promise is still there."""

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
