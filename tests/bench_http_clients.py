"""Compare HTTP clients: requests/s, CPU time and latency against a server on loopback.

    python tests/bench_http_clients.py aiohttp 64

The client, aiohttp, httpx2, httpx2-sync or urllib3, has one process; the server has another.
"""

import asyncio
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from threading import Thread

import aiohttp
import httpx2
import urllib3
import uvloop

REQUESTS = 6_400
WARM_UP = 3
MAX_CONNECTIONS = 100
KEEP_ALIVE_S, CONNECT_S, READ_S = 30, 3, 5
LIMITS = httpx2.Limits(
    max_connections=MAX_CONNECTIONS,
    max_keepalive_connections=MAX_CONNECTIONS,
    keepalive_expiry=KEEP_ALIVE_S,
)
TIMEOUT = httpx2.Timeout(READ_S, connect=CONNECT_S)
SERVER = """
import asyncio
BODY = b'{"id":1,"name":"Ada","url":"https://example.com/avatar/1.png"}'
ANSWER = b"HTTP/1.1 200 OK\\r\\ncontent-length: %d\\r\\n\\r\\n" % len(BODY) + BODY
class Protocol(asyncio.Protocol):
    def connection_made(self, transport):
        self.transport = transport
    def data_received(self, data):
        self.transport.write(ANSWER * data.count(b"\\r\\n\\r\\n"))
async def main():
    server = await asyncio.get_running_loop().create_server(Protocol, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
__import__("uvloop").run(main())
"""


def report(name: str, at_once: int, seconds: list[float], started: tuple[float, float]) -> None:
    """Print a line."""
    wall_s, cpu_s = time.perf_counter() - started[0], time.process_time() - started[1]
    count = len(seconds)
    p50, p99 = sorted(seconds)[count // 2], sorted(seconds)[count * 99 // 100]
    print(
        f"{name:12} {at_once:3} at once {count / wall_s:7,.0f}/s {cpu_s / count * 1e6:4.0f} us CPU "
        f"p50 {p50 * 1e3:.2f} ms p99 {p99 * 1e3:.2f} ms"
    )


async def run_async(name: str, at_once: int, get: Callable[[], Awaitable[bytes]]) -> None:
    """Send all requests, from so many tasks."""
    for _ in range(WARM_UP):
        await asyncio.gather(*(get() for _ in range(at_once)))
    seconds: list[float] = []

    async def work() -> None:
        for _ in range(REQUESTS // at_once):
            began = time.perf_counter()
            await get()
            seconds.append(time.perf_counter() - began)

    started = time.perf_counter(), time.process_time()
    await asyncio.gather(*(work() for _ in range(at_once)))
    report(name, at_once, seconds, started)


def run_threads(name: str, at_once: int, get: Callable[[], bytes]) -> None:
    """Send all requests, from so many threads."""
    seconds: list[float] = []

    def work() -> None:
        for _ in range(REQUESTS // at_once):
            began = time.perf_counter()
            get()
            seconds.append(time.perf_counter() - began)

    get()
    threads = [Thread(target=work) for _ in range(at_once)]
    started = time.perf_counter(), time.process_time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    report(name, at_once, seconds, started)


async def with_aiohttp(name: str, at_once: int, url: str) -> None:
    timeout = aiohttp.ClientTimeout(total=30, sock_connect=CONNECT_S, sock_read=READ_S)
    connector = aiohttp.TCPConnector(limit=MAX_CONNECTIONS, keepalive_timeout=KEEP_ALIVE_S)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as http:

        async def get() -> bytes:
            async with http.get(url) as response:
                return await response.read()

        await run_async(name, at_once, get)


async def with_httpx2(name: str, at_once: int, url: str) -> None:
    async with httpx2.AsyncClient(limits=LIMITS, timeout=TIMEOUT, trust_env=False) as http:

        async def get() -> bytes:
            return (await http.get(url)).content

        await run_async(name, at_once, get)


def main(name: str, at_once: int) -> None:
    """Measure one client."""
    with subprocess.Popen([sys.executable, "-c", SERVER], stdout=subprocess.PIPE) as server:
        try:
            assert server.stdout is not None
            measure(name, at_once, f"http://127.0.0.1:{int(server.stdout.readline())}/")
        finally:
            server.kill()


def measure(name: str, at_once: int, url: str) -> None:
    if name == "aiohttp":
        uvloop.run(with_aiohttp(name, at_once, url))
    elif name == "httpx2":
        uvloop.run(with_httpx2(name, at_once, url))
    elif name == "httpx2-sync":
        client = httpx2.Client(limits=LIMITS, timeout=TIMEOUT, trust_env=False)
        run_threads(name, at_once, lambda: client.get(url).content)
    else:
        pools = urllib3.PoolManager(maxsize=MAX_CONNECTIONS, retries=False)
        run_threads(name, at_once, lambda: pools.request("GET", url).data)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
