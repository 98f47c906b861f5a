"""The listening socket: connections are accepted as they come, and at the end none is lost."""

import asyncio
import ctypes
import errno
import logging
import os
import socket
import struct
import sys
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from hotpath.listening import UnixListener

_SO_ATTACH_FILTER = 26
_RETRY_S = 1.0
_LOAD, _AND, _JUMP_IF_EQUAL, _RETURN = 0x30, 0x54, 0x15, 0x06
_REFUSE_SYN = (
    (_LOAD, 0, 0, 13),  # the flags of the segment
    (_AND, 0, 0, 0x12),  # SYN and ACK
    (_JUMP_IF_EQUAL, 0, 1, 0x02),  # SYN alone?
    (_RETURN, 0, 0, 0),  # drop it
    (_RETURN, 0, 0, 0xFFFF),
)
"""A program of the kernel's packet filter, see `man 7 socket`."""


def refuse_new_connections(listener: socket.socket) -> None:
    """Let the kernel open no more connections, in any process that shares the socket.

    Those that it has opened can still be accepted. To close a socket resets all that wait; between
    the last of them and the closing another one would come. Clients repeat what was dropped after a
    second, and are refused then. Does nothing but on Linux; the path of a Unix socket is removed.
    """
    if isinstance(listener, UnixListener):
        listener.remove_path()
        return
    if sys.platform != "linux":
        return
    code = b"".join(struct.pack("HBBI", *each) for each in _REFUSE_SYN)
    program = ctypes.create_string_buffer(code)
    option = struct.pack("HP", len(_REFUSE_SYN), ctypes.addressof(program))
    with suppress(OSError):  # a sandbox may not permit it
        listener.setsockopt(socket.SOL_SOCKET, _SO_ATTACH_FILTER, option)


def refuse_connections_of_this_process() -> None:
    """Do so where a server has opened listening sockets of its own, one in each worker.

    Those are known by `SO_REUSEPORT`; what serves metrics has a socket without it. Cost: 25 µs for
    each open file; psutil takes 0.25 s to import, half of `LAST_CALL_S`.
    """
    if sys.platform != "linux":
        return
    for link in Path("/proc/self/fd").iterdir():
        with suppress(OSError):  # it may be closed by now
            if str(link.readlink()).startswith("socket:"):
                _refuse_if_shared(int(link.name))


def _refuse_if_shared(number: int) -> None:
    with socket.socket(fileno=os.dup(number)) as each:
        options = (socket.SO_ACCEPTCONN, socket.SO_REUSEPORT)
        if all(each.getsockopt(socket.SOL_SOCKET, option) for option in options):
            refuse_new_connections(each)


HANDSHAKE_S = 0.2
"""Seconds in which connections that were being opened when no more could be are there: a round trip
of the clients."""


class Acceptor:
    """Accepts the connections of a listening socket on the running event loop.

    One connection is accepted each turn of the loop, so that processes which share the socket share
    its connections; while they wait for long, several: one for each millisecond of the last turn.
    """

    def __init__(
        self, listener: socket.socket, create_protocol: Callable[[], asyncio.Protocol]
    ) -> None:
        self._listener = listener
        self._create_protocol = create_protocol
        self._loop = asyncio.get_running_loop()
        self._opening: set[asyncio.Task[object]] = set()
        self._waiting_since = 0.0
        listener.setblocking(False)
        self._start()

    async def close(self) -> None:
        """Accept what waits, and close the socket."""
        self._loop.remove_reader(self._listener)
        while self._accept_one():
            pass
        self._listener.close()
        if self._opening:
            await asyncio.wait(self._opening)

    def _start(self) -> None:
        if self._listener.fileno() >= 0:
            self._loop.add_reader(self._listener, self._accept)

    def _accept(self) -> None:
        now = self._loop.time()
        waited_s = now - self._waiting_since if self._waiting_since else 0.0
        for _ in range(1 + int(waited_s * 1000)):
            if not self._accept_one():
                self._waiting_since = 0.0
                return
        self._waiting_since = now

    def _accept_one(self) -> bool:
        try:
            connection, _ = self._listener.accept()
        except (BlockingIOError, InterruptedError):
            return False
        except OSError as error:
            if error.errno in (errno.ECONNABORTED, errno.EPROTO):  # of this one alone
                return True
            if error.errno not in (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM):
                raise
            logging.getLogger(__name__).error("cannot accept a connection: %s", error.strerror)
            self._loop.remove_reader(self._listener)
            self._loop.call_later(_RETRY_S, self._start)
            return False
        connection.setblocking(False)
        opening = self._loop.connect_accepted_socket(self._create_protocol, connection)
        task = self._loop.create_task(opening)
        self._opening.add(task)
        task.add_done_callback(self._opening.discard)
        return True
