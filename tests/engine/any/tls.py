"""Servers behind TLS: what is read of a client by TLS goes to a server that has none."""

import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import trustme
from hotpath.testing.servers import HOST

_POSTGRES_ASKS = b"\x00\x00\x00\x08\x04\xd2\x16\x2f"
"""`SSLRequest`: https://www.postgresql.org/docs/current/protocol-message-formats.html."""


@contextmanager
def behind_tls(port: int, folder: Path) -> Iterator[tuple[int, Path]]:
    """Serve what listens on a port by TLS; yield the new port, and a file with its authority.

    A client of PostgreSQL that asks for TLS first gets it, as from PostgreSQL itself.
    """
    authority, context = trustme.CA(), ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    file = folder / "authority.pem"
    authority.cert_pem.write_to_path(file)
    with socket.create_server((HOST, 0)) as listener:
        threading.Thread(target=_accept, args=(listener, context, port), daemon=True).start()
        yield listener.getsockname()[1], file
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)


def other_authority(folder: Path) -> Path:
    """Return a file with an authority that has signed nothing."""
    file = folder / "other.pem"
    trustme.CA().cert_pem.write_to_path(file)
    return file


def _accept(listener: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with suppress(OSError):
        while True:
            client, _ = listener.accept()
            threading.Thread(target=_serve, args=(client, context, port), daemon=True).start()


def _serve(client: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with suppress(OSError), client, socket.create_connection((HOST, port)) as server:
        if client.recv(len(_POSTGRES_ASKS), socket.MSG_PEEK) == _POSTGRES_ASKS:
            client.recv(len(_POSTGRES_ASKS))
            client.sendall(b"S")
        with context.wrap_socket(client, server_side=True) as plain:
            back = threading.Thread(target=_copy, args=(server, plain), daemon=True)
            back.start()
            _copy(plain, server)
            back.join()


def _copy(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65_536):
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_RDWR)
