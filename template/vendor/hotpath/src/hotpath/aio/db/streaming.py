"""Rows as the database finds them, a part at a time; for results too large to hold."""

from collections.abc import AsyncGenerator, Sequence
from typing import TypeVarTuple

from sqlalchemy import Row, Select

from hotpath.aio.db.database import Database

Ts = TypeVarTuple("Ts")


async def stream_rows(
    db: Database, statement: Select[*Ts], rows_each: int
) -> AsyncGenerator[Sequence[Row[*Ts]]]:
    """Yield the rows in parts of `rows_each`, through a cursor of the server.

    The first part may be empty: there always is one. Holds one connection and one snapshot until
    it is closed: close it with `aclosing`, as nobody else does so at once.

    Raises:
        DatabaseUnavailable: there was no connection, or it was lost on the way.
    Cost: a round trip a part; memory for one part.
    """
    async with db.read_only_transaction() as session:
        connection = await session.connection()  # columns need nothing of the session
        result = await connection.stream(statement, execution_options={"yield_per": rows_each})
        try:
            yield await result.fetchmany(rows_each)
            while part := await result.fetchmany(rows_each):
                yield part
        finally:
            await result.close()
