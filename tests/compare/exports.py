"""Exports one after another, each read to its end, which wrk with its few seconds cannot."""

import http.client
import json
import time

from .cores import CompareError
from .load import Load
from .workloads import USERS

PIECE = 1 << 18


def send_exports(host: str, port: int, path: str, *, seconds: int) -> Load:
    """Read exports for `seconds`, at least one.

    Raises:
        CompareError: one was not all users, by id.
    """
    took: list[float] = []
    while sum(took) < seconds:
        start = time.perf_counter()
        _read_one(host, port, path)
        took.append(time.perf_counter() - start)
    ordered = sorted(took)
    return Load(len(took), sum(took), ordered[len(took) // 2] * 1000, ordered[-1] * 1000)


def _read_one(host: str, port: int, path: str) -> None:
    connection = http.client.HTTPConnection(host, port, timeout=60)
    try:
        connection.request("GET", f"{path}/export")
        answer = connection.getresponse()
        if answer.status != http.client.OK:
            raise CompareError(f"the export is a {answer.status}: {answer.read(300)!r}")
        lines, first, last = 0, b"", b""
        while piece := answer.read1(PIECE):
            first = first or piece
            lines += piece.count(b"\n")
            last = (last + piece)[-1000:]
    finally:
        connection.close()
    ids = [json.loads(line)["id"] for line in (first.split(b"\n")[0], last.split(b"\n")[-2])]
    if lines != USERS or ids != [1, USERS]:
        raise CompareError(f"an export of {lines} lines, from user {ids[0]} to {ids[1]}")
