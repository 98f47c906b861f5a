"""Lines of users: what is wrong with them, and how much of a file is in memory."""

from io import BytesIO

import pytest
from hotpath.aio.repository.imports import MAX_LINE_BYTES, Chunk, lines_of

from package_name.users.service import user_import

USER = b'{"email":"Ada@example.com","name":"Ada"}'


def chunk_of(content: bytes) -> Chunk:
    """Return the first chunk of a file."""
    return user_import.read_chunk(lines_of(BytesIO(content)))


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        (b"{", "not a JSON object"),
        (b"[]", "not a JSON object"),
        (b"null", "not a JSON object"),
        (USER + b"," + USER, "not a JSON object"),
        (b"[" * 10_000, "not a JSON object"),
        (USER.replace(b"Ada", b"\xff"), "not UTF-8"),
        (USER + b" " * MAX_LINE_BYTES, f"longer than {MAX_LINE_BYTES} bytes"),
        (b'{"email":"ada@example.com"}', "name: Field required"),
        (USER[:-1] + b',"status":"gone"}', "status: Input should be 'active', 'inactive' or"),
        (USER[:-1] + b',"a\\u001b[1m":1}', "a?[1m: Extra inputs are not permitted"),
        (b'{"email":5,"name":""}', "email: Input should be a valid string; name: String should"),
    ],
)
def test_a_wrong_line_is_told_by_number_and_reason(line: bytes, fault: str) -> None:
    chunk = chunk_of(b"\n" + line + b"\n" + USER)

    [told] = chunk.faults
    assert told.startswith(f"line 2: {fault}")
    assert (chunk.lines, chunk.rows) == (3, 1)
    assert list(chunk.row_by_value) == ["ada@example.com"]


def test_of_a_long_line_only_a_part_is_kept() -> None:
    texts = [text for _, text in lines_of(BytesIO(b"x" * 10 * MAX_LINE_BYTES + b"\n" + USER))]

    assert [len(text) for text in texts] == [MAX_LINE_BYTES + 1, len(USER)]


def test_a_line_of_the_greatest_length_is_right() -> None:
    line = USER + b" " * (MAX_LINE_BYTES - len(USER) - 1) + b"\n"

    chunk = chunk_of(line + line)

    assert (chunk.lines, chunk.rows, chunk.faults) == (2, 2, [])
