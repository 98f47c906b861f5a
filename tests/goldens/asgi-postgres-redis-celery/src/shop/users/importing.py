"""Many users from a file, which is read twice: to check every line, then to write."""

from collections.abc import Callable
from typing import BinaryIO

from ..cache.cache import Cache
from ..concurrency import run_blocking
from ..db.bulk import upsert_rows
from ..db.session import Database
from .errors import FileChanged, LinesRefused
from .keys import USER
from .lines import Chunk, lines_of, read_chunk
from .model import User

MAX_LISTED = 20
"""Wrong lines that are named; the others are counted."""

Report = Callable[[int], object]


async def import_users(
    db: Database, cache: Cache, file: BinaryIO, checked: Report, written: Report
) -> int:
    """Add the users of a file, and change those whose address is there already.

    They are written in the order of the file, a transaction for each chunk, so that what was
    interrupted can be repeated; of two lines with the same address the later one wins.

    Args:
        file: Can be read twice.
        checked, written: Told to which byte of the file each of the two is done.
    Returns:
        How many lines had a user.
    Raises:
        LinesRefused: lines are no users; nothing was written.
        FileChanged: a line that was checked is wrong now; the chunks before it are written.
        DatabaseUnavailable: likewise.
    Cost: 1 statement per chunk; memory for one chunk, whatever the size of the file.
    """
    await _check(file, checked)
    return await _write(db, cache, file, written)


async def _check(file: BinaryIO, report: Report) -> None:
    lines, count = lines_of(file), 0
    listed: list[str] = []
    while (chunk := await run_blocking(read_chunk, lines)).lines:
        count += len(chunk.faults)
        listed += chunk.faults[: MAX_LISTED - len(listed)]
        report(file.tell())
    if count:
        raise LinesRefused(count, listed)


async def _write(db: Database, cache: Cache, file: BinaryIO, report: Report) -> int:
    lines, count = lines_of(file), 0
    while (chunk := await run_blocking(read_chunk, lines)).lines:
        if chunk.faults:
            raise FileChanged(chunk.faults[0])
        if chunk.users:
            await _upsert(db, cache, chunk)
        count += chunk.users
        report(file.tell())
    return count


async def _upsert(db: Database, cache: Cache, chunk: Chunk) -> None:
    rows = list(chunk.row_by_email.values())
    async with db.writing() as session:
        id_by_email = await upsert_rows(session, User, rows, User.email)
    await cache.invalidate_entity(USER, *id_by_email.values())  # as in `create_user`
