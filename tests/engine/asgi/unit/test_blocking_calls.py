"""Calls that block the event loop fail; those that do not, and those of threads, go on."""

import asyncio
import os
import socket
import sqlite3
import subprocess
import sys
import time
import traceback
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

import pytest
from hotpath.aio.concurrency import run_blocking
from hotpath.debug.blocking_calls import BlockingCall, blocking_calls_forbidden
from sqlalchemy import create_engine, text

HERE = Path(__file__).parent
SQLITE = create_engine("sqlite://")


def query() -> None:
    with SQLITE.connect() as connection:
        connection.execute(text("SELECT 1"))


@contextmanager
def connected() -> Iterator[tuple[socket.socket, socket.socket]]:
    one, other = socket.socketpair()
    with one, other:
        other.send(b"x")
        yield one, other


def receive() -> None:
    with connected() as (one, _):
        one.recv(1)


def connect() -> None:
    with socket.socket() as one:
        one.connect(("127.0.0.1", 1))


CALLS: dict[str, Callable[[], object]] = {
    "time.sleep": lambda: time.sleep(0.001),
    "time.sleep, imported": lambda: sleep(0.001),
    "open": lambda: Path(__file__).read_text("utf-8"),
    "os.listdir": lambda: os.listdir(HERE),  # noqa: PTH208  # iterdir: os.scandir from 3.13 on
    "socket.connect": connect,
    "socket.getaddrinfo": lambda: urllib.request.urlopen("http://localhost:1/"),
    "socket.send": receive,
    "subprocess.Popen": lambda: subprocess.run([sys.executable, "-c", ""], check=True),
    "sqlite3.connect": lambda: sqlite3.connect(":memory:").close(),
    "a statement by pysqlite": query,
}


@pytest.mark.parametrize("name", CALLS)
async def test_a_call_that_blocks_fails_and_is_named_with_its_line(name: str) -> None:
    if "statement" in name:
        query()  # connects
    expected = f"{name.partition(',')[0]} blocks the event loop, in {HERE.name}/test_blocking"
    with blocking_calls_forbidden(HERE) as found, pytest.raises(BlockingCall) as raised:
        CALLS[name]()
    assert str(raised.value).startswith(expected)
    assert found == [str(raised.value)]


async def test_the_same_call_in_a_thread_goes_on() -> None:
    with blocking_calls_forbidden(HERE) as found:
        await run_blocking(CALLS["time.sleep"])
        assert "in a thread" in await run_blocking(CALLS["open"])
        await run_blocking(query)
    assert found == []


async def test_what_an_event_loop_does_itself_goes_on() -> None:
    """It connects, asks for names and starts processes without waiting."""

    async def respond(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    with blocking_calls_forbidden(HERE) as found:
        async with await asyncio.start_server(respond, "127.0.0.1", 0) as server:
            port = server.sockets[0].getsockname()[1]
            reader, writer = await asyncio.open_connection("localhost", port)
            assert await reader.read() == b""
            writer.close()
        process = await asyncio.create_subprocess_exec(sys.executable, "-c", "")
        assert await process.wait() == 0
        assert Path("/proc/self/stat").read_text("utf-8")  # noqa: ASYNC240 - the kernel has it
    assert found == []


async def test_a_traceback_goes_on() -> None:
    """It reads source files; Python 3.13 and later parse the line, which is half a statement."""
    with blocking_calls_forbidden(HERE) as found:
        try:
            while int("half a statement"):
                pass
        except ValueError:
            lines = traceback.format_exc()
    assert 'while int("half a statement"):' in lines
    assert found == []


async def test_a_call_is_found_although_its_exception_is_caught() -> None:
    with blocking_calls_forbidden(HERE) as found:
        try:
            time.sleep(0.001)  # noqa: ASYNC251 - that is what is found
        except Exception:
            found.append("caught")
    assert len(found) == 2


async def test_nothing_fails_after_the_block() -> None:
    with blocking_calls_forbidden(HERE):
        pass
    CALLS["time.sleep"]()
    CALLS["open"]()


async def test_another_event_loop_may_be_blocked() -> None:
    async def block() -> None:
        CALLS["time.sleep"]()

    with blocking_calls_forbidden(HERE) as found:
        await run_blocking(asyncio.run, block())
    assert found == []
