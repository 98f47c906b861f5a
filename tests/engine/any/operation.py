"""One row of the table of operations that `/openapi.json` has to describe."""

from typing import NamedTuple


class Operation(NamedTuple):
    """What a client program is generated from."""

    method: str
    path: str
    operation_id: str
    status: int
    answer: str
    problems: tuple[int, ...] = ()
    parameters: tuple[str, ...] = ()
    body: str = ""
