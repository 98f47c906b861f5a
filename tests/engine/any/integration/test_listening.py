"""Where a server listens: addresses and Unix sockets, one rule for every server and any number of
processes."""

import fcntl
import os
import signal
import socket
import stat
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hotpath.listening import listen_on_address, listen_on_path, resolve
from hotpath.server.listener import refuse_connections_of_this_process
from hotpath.testing.servers import HOST
from hotpath.testing.workspace import Workspace
from hotpath_services.process import free_port, wait_until

from ..shop import KINDS, PREFIX
from ..unix_sockets import client_of, is_listening, serving_on

IPV4, IPV6 = (socket.AF_INET, HOST), (socket.AF_INET6, "::1")
STARTS_WITHIN_S = 30.0
ENDS_WITHIN_S = 30.0
DRAIN_S = 5
"""So that a busy machine has time to say so."""
WORKERS = ("1", "2")


def has_ipv6() -> bool:
    """Tell whether this machine has an address of IPv6."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


needs_ipv6 = pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")


def responds(family: socket.AddressFamily, address: str, port: int) -> bool:
    """Tell whether a server answers there."""
    with socket.socket(family) as client:
        client.settimeout(ENDS_WITHIN_S)
        if client.connect_ex((address, port)):
            return False
        try:
            client.sendall(b"GET /healthz HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n")
            return client.recv(64).startswith(b"HTTP/1.1 200")
        except ConnectionError:  # a server that is not ready
            return False


@pytest.fixture
def folder() -> Iterator[Path]:
    """Yield a folder with a short name: that of a socket has 107 bytes at most."""
    with TemporaryDirectory(prefix="uds-") as name:
        yield Path(name)


@needs_ipv6
@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("::", {IPV4, IPV6}),
        ("", {IPV4, IPV6}),
        ("[::1]", {IPV6}),
        ("localhost", {IPV4}),
        ("0.0.0.0", {IPV4}),
    ],
)
def test_a_host_means_the_same_for_every_server(
    workspace: Workspace,
    host: str,
    expected: set[tuple[socket.AddressFamily, str]],
    kind: str,
    workers: str,
) -> None:
    port = free_port()
    options = ("--host", host, "--port", str(port), "--workers", workers)
    with workspace.with_settings(SERVER__KIND=kind).start("serve", *options) as program:
        assert wait_until(
            lambda: any(responds(*each, port) for each in (IPV4, IPV6)), STARTS_WITHIN_S
        )
        found = {each for each in (IPV4, IPV6) if responds(*each, port)}
        program.stop()
        assert program.ends_within(ENDS_WITHIN_S) == 0

    assert found == expected


@pytest.mark.parametrize("workers", WORKERS)
@pytest.mark.parametrize("kind", KINDS)
def test_every_server_listens_on_a_unix_socket(
    workspace: Workspace, folder: Path, kind: str, workers: str
) -> None:
    path = folder / "shop.sock"
    place = workspace.with_settings(SERVER__KIND=kind)
    with serving_on(place, path, "--workers", workers) as program:
        mode = stat.S_IMODE(path.stat().st_mode)
        with client_of(path) as http:
            statuses = [http.get(each).status_code for each in ("/healthz", "/readyz", "/metrics")]
            missing = http.get("/users/1000000")
        program.stop()
        assert program.ends_within(ENDS_WITHIN_S) == 0

    assert statuses == [200, 200, 200]
    assert missing.status_code == 404
    assert mode == 0o666
    assert not path.exists()
    lines = program.log.read_text()
    assert '"client":"unix"' in lines


@pytest.mark.parametrize("kind", KINDS)
def test_the_socket_of_a_server_that_was_killed_is_replaced(
    workspace: Workspace, folder: Path, kind: str
) -> None:
    path = folder / "shop.sock"
    place = workspace.with_settings(SERVER__KIND=kind)
    listen_on_path(str(path)).close()  # as one that is killed leaves it
    assert path.is_socket()
    assert not is_listening(path)

    with serving_on(place, path), client_of(path) as http:
        assert http.get("/healthz").status_code == 200


@pytest.mark.parametrize("kind", KINDS)
def test_a_socket_on_which_someone_listens_is_left(
    workspace: Workspace, folder: Path, kind: str
) -> None:
    path = folder / "shop.sock"
    with listen_on_path(str(path)):
        result = workspace.with_settings(SERVER__KIND=kind).run("serve", "--uds", str(path))
        assert is_listening(path)

    assert (result.returncode, result.stdout) == (1, "")
    sentence = f"{PREFIX}SERVER__UDS: cannot listen on {path}: another process listens there.\n"
    assert result.stderr == sentence


def test_processes_that_start_at_once_look_one_after_the_other(folder: Path) -> None:
    """A socket that is bound, and does not listen yet, looks as if nobody did."""
    path = folder / "shop.sock"
    other = os.open(folder, os.O_RDONLY)
    fcntl.flock(other, fcntl.LOCK_EX)
    with ThreadPoolExecutor(1) as pool:
        listening = pool.submit(listen_on_path, str(path))
        with pytest.raises(TimeoutError):
            listening.result(0.3)
        assert not path.exists()
        os.close(other)
        listening.result(ENDS_WITHIN_S).close()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("file", "there is something else, which is no socket"),
        ("", "there is something else, which is no socket"),
        ("no/such/folder", "No such file or directory"),
        ("x" * 120, "AF_UNIX path too long"),
    ],
)
def test_where_no_socket_can_be_is_a_sentence(
    workspace: Workspace, folder: Path, kind: str, name: str, reason: str
) -> None:
    (folder / "file").write_text("precious")
    path = folder / name
    result = workspace.with_settings(SERVER__KIND=kind, SERVER__UDS=path).run("serve")

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == f"{PREFIX}SERVER__UDS: cannot listen on {path}: {reason}.\n"
    assert (folder / "file").read_text() == "precious"


def test_a_process_that_stops_removes_its_socket_before_it_drains(
    workspace: Workspace, folder: Path
) -> None:
    """Whoever comes meanwhile is refused at once, and not when it is too late to go elsewhere."""
    path = folder / "shop.sock"
    with serving_on(workspace, path) as program, client_of(path) as http:
        assert http.get("/healthz").status_code == 200
        program.process.send_signal(signal.SIGINT)
        assert wait_until(lambda: not path.exists(), ENDS_WITHIN_S)
        assert program.ends_within(ENDS_WITHIN_S) == 0


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_reloads_removes_its_socket_too(
    workspace: Workspace, folder: Path, kind: str
) -> None:
    path = folder / "shop.sock"
    place = workspace.with_settings(SERVER__KIND=kind)
    with serving_on(place, path, "--reload") as program, client_of(path) as http:
        assert http.get("/healthz").status_code == 200
        program.stop()
        program.ends_within(ENDS_WITHIN_S)

    assert not path.exists()


@pytest.mark.parametrize("kind", KINDS)
def test_a_unix_socket_is_there_while_its_server_drains(
    workspace: Workspace, folder: Path, kind: str
) -> None:
    path = folder / "shop.sock"
    place = workspace.with_settings(SERVER__KIND=kind, SERVER__DRAIN_S=DRAIN_S)

    def status() -> int:
        with client_of(path) as http:  # a new connection
            return http.get("/readyz").status_code

    with serving_on(place, path, "--workers", "2") as program:
        assert status() == 200
        program.stop()
        assert wait_until(lambda: status() == 503, DRAIN_S - 0.5)
        assert program.ends_within(ENDS_WITHIN_S) == 0

    assert not path.exists()


@pytest.mark.parametrize("kind", [each for each in KINDS if each != "granian"])
def test_a_socket_that_has_taken_the_path_stays(
    workspace: Workspace, folder: Path, kind: str
) -> None:
    """granian removes whatever is there."""
    path = folder / "shop.sock"
    place = workspace.with_settings(SERVER__KIND=kind)
    with serving_on(place, path) as program:
        path.unlink()
        with listen_on_path(str(path)):
            program.stop()
            program.ends_within(ENDS_WITHIN_S)
            assert is_listening(path)


@pytest.mark.parametrize("kind", KINDS)
def test_a_body_that_stops_ends_on_a_unix_socket_too(
    workspace: Workspace, folder: Path, kind: str
) -> None:
    path = folder / "shop.sock"
    place = workspace.with_settings(SERVER__KIND=kind, SERVER__BODY_TIMEOUT_S=1)
    with serving_on(place, path), socket.socket(socket.AF_UNIX) as client:
        client.settimeout(ENDS_WITHIN_S)
        client.connect(str(path))
        headers = b"host: shop\r\ncontent-type: application/json\r\ncontent-length: 9\r\n"
        client.sendall(b"POST /users HTTP/1.1\r\n" + headers + b"\r\n{")
        assert client.recv(64).startswith(b"HTTP/1.1 408 ")


def test_the_address_of_an_option_wins_over_the_socket_of_a_setting(
    workspace: Workspace, folder: Path
) -> None:
    path, port = folder / "shop.sock", free_port()
    place = workspace.with_settings(SERVER__UDS=path)
    with place.start("serve", "--port", str(port)) as program:
        assert wait_until(lambda: responds(*IPV4, port), STARTS_WITHIN_S)
        assert not path.exists()
        program.stop()


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("host", ["a..b", ".", "x" * 64])
def test_what_is_no_host_name_is_a_sentence(workspace: Workspace, kind: str, host: str) -> None:
    result = workspace.with_settings(SERVER__KIND=kind).run("serve", "--host", host)

    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(f"{PREFIX}SERVER__PORT: cannot listen on {host}, port ")
    assert result.stderr.count("\n") == 1


def test_an_address_in_brackets_and_one_without_are_the_same() -> None:
    assert resolve("[::1]", 80) == resolve("::1", 80)
    assert resolve(HOST, 80) == (socket.AF_INET, (HOST, 80))


def test_an_address_of_another_machine_is_a_sentence() -> None:
    with pytest.raises(OSError, match=r"^cannot listen on 192\.0\.2\.1, port 0: [^:]+\.$"):
        listen_on_address("192.0.2.1", 0)


def open_files() -> int:
    return len([*Path("/proc/self/fd").iterdir()])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux has this packet filter")
def test_shared_listening_sockets_of_a_process_refuse_connections() -> None:
    before = open_files()
    with (
        socket.create_server((HOST, 0), reuse_port=True) as shared,
        socket.create_server((HOST, 0)) as other,
        socket.create_connection(shared.getsockname()) as earlier,
    ):
        refuse_connections_of_this_process()

        with pytest.raises(TimeoutError):
            socket.create_connection(shared.getsockname(), timeout=0.5)
        socket.create_connection(other.getsockname()).close()
        accepted, _ = shared.accept()
        with accepted:
            assert accepted.getpeername() == earlier.getsockname()

    assert open_files() == before
