"""uvicorn's server, which starts, accepts and stops without losing a request.

Of uvicorn, which is pinned to a minor version, `Server` and its methods `startup`, `on_tick`,
`shutdown` and `capture_signals` are used, beside what `connection.py` names.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Timer, current_thread, main_thread
from time import monotonic
from typing import Any

import uvicorn
from uvicorn.supervisors import ChangeReload

from hotpath.listening import listen, removed_at_end, url_of
from hotpath.server.connection import Connection
from hotpath.server.listener import HANDSHAKE_S, Acceptor, refuse_new_connections
from hotpath.server.shedding import Shedder, watch
from hotpath.server.signals import DRAIN, ON_DRAIN, ON_SHED, SAME_STOP_S, STOP
from hotpath.server.start_queue import StartQueue
from hotpath.server.state import ServerState
from hotpath.server.supervisor import STARTUP_FAILURE, Heartbeat, Supervisor
from hotpath.settings import ServerSettings, ServiceSettings

_CHECK_TICKS = 2
"""Ticks of uvicorn, of 0.1 s, from one look at all connections to the next."""
_PARENT_S = 1.0
"""Seconds more that a worker which was sent SIGTERM itself waits for the word of its parent."""
_STEP_S = 0.02
_CANCELLED_S = 1.0
"""Seconds that requests get to clean up once they were cancelled."""
_CLOSED_S = 3.0
"""Seconds that the process gets to close what it opened, once requests were cancelled: a statement
that nobody waits for may hold a connection."""


class Server(uvicorn.Server):
    """Serves in this process until a signal.

    SIGTERM first drains for `drain_s`, in which `/readyz` fails and connections are closed after
    their next response; the requests of what was accepted then get `shutdown_s`. A second signal
    stops at once. A parent process says by `DRAIN` and `STOP` when to do which, so that it is the
    first to stop new connections.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        settings: ServerSettings,
        *,
        is_alone: bool = True,
        heartbeat: Heartbeat | None = None,
    ) -> None:
        """Create one.

        Args:
            config: uvicorn's, with a subclass of `Connection` as its protocol.
            settings: Of the service.
            is_alone: Whether nobody listens on its socket once it has ended.
            heartbeat: Of a worker process.
        """
        super().__init__(config)
        self._is_alone = is_alone
        self.server_state: ServerState = ServerState(settings)
        self._settings = settings
        self._heartbeat = heartbeat
        self._watching: asyncio.Task[None] | None = None
        self._stop_at: float | None = None
        self._told_at = 0.0
        """When the first signal came."""

        self._parent = os.getppid()

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Open the application, then accept connections."""
        await self.lifespan.startup()
        if self.lifespan.should_exit:
            sys.exit(STARTUP_FAILURE)
        self.servers = []
        self._shed_load()
        [self._listener] = sockets or [listen(self._settings)]
        self._acceptor = Acceptor(self._listener, self._create_connection)
        self.started = True

    def handle_exit(self, sig: int, frame: object) -> None:
        """Drain, stop or stop at once, as far as it has come."""
        del frame
        self._drain()
        self._told_at = self._told_at or monotonic()
        # Sent to all processes: the word of the parent may be here before it.
        is_late = self._heartbeat is not None and monotonic() - self._told_at < SAME_STOP_S
        if sig == signal.SIGTERM and self.should_exit and is_late:
            return
        if sig in (STOP, signal.SIGINT) and not self.should_exit:
            self.should_exit = True
        elif sig != DRAIN and (self.should_exit or self._stop_at is not None):
            self.should_exit = self.force_exit = True
        elif sig != DRAIN:
            own_s = self._settings.drain_s + (0 if self._heartbeat is None else _PARENT_S)
            self._stop_at = monotonic() + own_s

    async def on_tick(self, counter: int) -> bool:
        """Look after connections and the time."""
        if counter % _CHECK_TICKS == 0:
            self._check_connections(asyncio.get_running_loop().time())
        if self._heartbeat is not None:
            self._heartbeat.beat()
            if os.getppid() != self._parent:
                self._drain()
                self.should_exit = True
        if self._stop_at is not None and monotonic() >= self._stop_at:
            self.should_exit = True
        return await super().on_tick(counter)

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Serve what was accepted, then close the application."""
        del sockets
        self._drain()
        if self._is_alone:
            refuse_new_connections(self._listener)
            self._end_connections()
            if not self.force_exit:
                await asyncio.sleep(HANDSHAKE_S)
        await self._acceptor.close()
        self._end_connections()
        await self._finish(self._settings.shutdown_s)
        if self._connections:
            _exit_soon()
        for connection in [*self._connections]:
            connection.cancel()
        self.force_exit = False
        await self._finish(_CANCELLED_S)
        if self._watching is not None:
            self._watching.cancel()
        await self.lifespan.shutdown()

    def _end_connections(self) -> None:
        for connection in [*self._connections]:
            connection.shutdown()

    async def _finish(self, seconds: float) -> None:
        """Wait until no connection is open, the time is over, or a signal says so."""
        loop = asyncio.get_running_loop()
        end = loop.time() + seconds
        while self._is_busy and loop.time() < end and not self.force_exit:
            await asyncio.sleep(_STEP_S)
            self._check_connections(loop.time())
            if self._heartbeat is not None:
                self._heartbeat.beat()

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Handle signals meanwhile, in the main thread, which alone gets them."""
        if current_thread() is not main_thread():
            yield
            return
        of_parent = (signal.SIGINT,) if self._heartbeat is None else (DRAIN, STOP)
        numbers = (signal.SIGTERM, *of_parent)
        before = {each: signal.signal(each, self.handle_exit) for each in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    @property
    def _connections(self) -> set[Connection]:
        return self.server_state.connections  # type: ignore[return-value] # it has none but these

    @property
    def _is_busy(self) -> bool:
        return bool(self.server_state.connections or self.server_state.tasks)

    def _create_connection(self) -> asyncio.Protocol:
        protocol: Any = self.config.http_protocol_class
        connection: asyncio.Protocol = protocol(
            self.config, self.server_state, self.lifespan.state, asyncio.get_running_loop()
        )
        return connection

    def _shed_load(self) -> None:
        """Refuse requests while there are too many, if the protocol knows how many there are."""
        protocol: Any = self.config.http_protocol_class
        if hasattr(protocol, "queue_of") and self._settings.max_wait_s:
            state = self.lifespan.state
            queue = protocol.queue_of(state)
            if queue is None:
                queue = self.server_state.starts = StartQueue(asyncio.get_running_loop())
            wait_s = self._settings.max_wait_s
            shedder = Shedder(wait_s, self._ended, queue.waiting, state[ON_SHED])
            queue.follow(shedder)
            self.server_state.shedder = shedder
            self._watching = asyncio.create_task(watch(shedder), name="shedding")

    def _ended(self) -> int:
        return self.server_state.total_requests

    def _check_connections(self, now: float) -> None:
        for connection in [*self._connections]:
            connection.check(now)

    def _drain(self) -> None:
        if not self.server_state.is_draining:
            self.server_state.is_draining = True
            with suppress(AttributeError, KeyError):  # it has not started yet
                self.lifespan.state[ON_DRAIN]()


def _exit_soon() -> None:
    """End this process in `_CLOSED_S`, whatever it waits for then."""
    timer = Timer(_CLOSED_S, os._exit, (0,))
    timer.daemon = True
    timer.start()


def serve(
    settings: ServiceSettings, protocol: type[Connection], *, reload: bool, **options: Any
) -> None:
    """Serve until SIGTERM or Ctrl-C, in one process or several."""
    server = settings.server
    config = uvicorn.Config(
        f"{settings.service.package}.app:create_app",
        factory=True,
        host=server.host,
        port=server.port,
        workers=server.workers,
        reload=reload,
        loop="uvloop",
        http=protocol,
        ws="none",
        lifespan="on",
        root_path=server.root_path,
        access_log=False,
        proxy_headers=False,
        log_config=None,
        server_header=False,
        timeout_keep_alive=server.keep_alive_s,
        **options,
    )
    listener = listen(server)
    logging.getLogger(__name__).info("listening on %s", url_of(listener))
    with removed_at_end(server.uds):
        if reload:
            shared = socket.socket(fileno=listener.detach())  # of a type that may be passed on
            ChangeReload(config, Server(config, server, is_alone=False).run, [shared]).run()
        elif server.workers > 1:
            settings.service.module("app")  # workers are forked, and share what is imported before

            def work(shared: socket.socket, heartbeat: Heartbeat) -> None:
                Server(config, server, is_alone=False, heartbeat=heartbeat).run([shared])

            sys.exit(Supervisor(server, listener, work).run())
        else:
            Server(config, server).run([listener])
