"""Types of columns that only PostgreSQL has."""

from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql
from sqlalchemy.types import TypeDecorator


class Tags(TypeDecorator[list[str]]):
    """A decorated type whose type is another in each database."""

    impl = sa.JSON
    cache_ok = True

    def load_dialect_impl(self, dialect: sa.Dialect) -> Any:
        return postgresql.ARRAY(sa.Text())


OWN_KINDS: dict[str, tuple[Any, ...]] = {
    "jsonb": (postgresql.JSONB(), ('{"a":1}',), ("jsonb_typeof({}) = 'object'",)),
    "numbers": (sa.ARRAY(sa.Integer()), ("{}", "{1,2}"), ("cardinality({}) < 5",)),
    "texts": (postgresql.ARRAY(sa.String(10)), ("{}",)),
    "tags": (Tags(),),
    "inet": (postgresql.INET(), ("10.0.0.1",)),
    "cidr": (postgresql.CIDR(),),
    "range": (postgresql.INT4RANGE(),),
    "times": (postgresql.TSTZRANGE(),),
    "bits": (postgresql.BIT(4), ("0101",)),
    "bytea": (postgresql.BYTEA(),),
    "precise": (postgresql.TIMESTAMP(precision=3),),
    "span": (postgresql.INTERVAL(), ("1 day",)),
    "zoned time": (sa.Time(timezone=True),),
    "either": (sa.JSON().with_variant(postgresql.JSONB(), "postgresql"), ("[]",)),
    "search": (postgresql.TSVECTOR(),),
}
