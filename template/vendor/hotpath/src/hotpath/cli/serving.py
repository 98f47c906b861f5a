"""What `serve` does, without typer, which takes 70 ms and 7 MB that a service would keep."""

import os
import socket
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from importlib import import_module
from pathlib import Path

from hotpath.cli.errors import exit_on, load_settings
from hotpath.features import Features, Misdeclared
from hotpath.listening import listen, listen_on_address, remove_stale
from hotpath.observability.metrics_server import metrics_server
from hotpath.observability.multiprocess import NoTemporaryFolder, shared_metrics
from hotpath.service import Service
from hotpath.settings import ServiceSettings


def serve(
    service: Service, options: Mapping[str, str | int | None] | None = None, *, reload: bool = False
) -> None:
    """Serve HTTP until SIGTERM or Ctrl-C.

    Args:
        service: Which.
        options: Settings of the server by name, which win over others; None for those not given.
        reload: Whether to start anew when the code changes.
    """
    given = dict(options or {})
    if given.get("uds") is None and (given.get("host"), given.get("port")) != (None, None):
        given["uds"] = ""  # what an option says is where it listens
    for name, value in given.items():  # worker processes read the settings for themselves
        if value is not None:
            os.environ[f"{service.env_prefix}SERVER__{name.upper()}"] = str(value)
    settings = load_settings(service)
    server, observability = settings.server, settings.observability
    # Tried here, alike in every stack and at once: a web server may try for seconds.
    with exit_on(OSError):
        listener = _metrics_listener(settings)
        _try_to_listen(settings)
    is_folder_needed = server.workers > 1 or listener is not None
    with (
        _folder_of_metrics(is_needed=is_folder_needed) as folder,
        metrics_server(listener, folder, observability.metrics_token.get_secret_value()),
    ):
        if server.workers > 1 or server.kind != "uvicorn":
            _check_features(service)
        run_server = import_module(f"{service.interface}.server").run_server
        run_server(settings, reload=reload)


@contextmanager
def metrics_served(settings: ServiceSettings, port: int) -> Iterator[None]:
    """Serve the metrics of this process, and of those it forks, on a port; 0 for no port."""
    if not port:
        yield
        return
    with exit_on(OSError):
        listener = listen_on_address(settings.server.host, port)
    token = settings.observability.metrics_token.get_secret_value()
    with _folder_of_metrics(is_needed=True) as folder, metrics_server(listener, folder, token):
        yield


def _metrics_listener(settings: ServiceSettings) -> socket.socket | None:
    port = settings.observability.metrics_port
    if not port:
        return None
    with _named(f"{settings.service.env_prefix}OBSERVABILITY__METRICS_PORT"):
        return listen_on_address(settings.server.host, port)


def _try_to_listen(settings: ServiceSettings) -> None:
    server = settings.server
    with _named(f"{settings.service.env_prefix}SERVER__{'UDS' if server.uds else 'PORT'}"):
        listen(server).close()
        remove_stale(server.uds)


@contextmanager
def _named(setting: str) -> Iterator[None]:
    """Have an error say which setting it is about."""
    try:
        yield
    except OSError as error:
        raise OSError(f"{setting}: {error}") from None


@contextmanager
def _folder_of_metrics(*, is_needed: bool) -> Iterator[Path | None]:
    """Let processes share their metrics, or end with a sentence if they need to and cannot."""
    with ExitStack() as stack:
        folder: Path | None = None
        with exit_on(NoTemporaryFolder) if is_needed else suppress(NoTemporaryFolder):
            folder = stack.enter_context(shared_metrics())
        yield folder


def _check_features(service: Service) -> None:
    """End with a sentence where a feature is misdeclared, before processes fail one after another.

    In a process of its own: this one starts others, and imports no framework.
    """
    child = os.fork()
    if not child:
        code = 1
        try:
            with exit_on(Misdeclared):
                Features(service).load()
            code = 0
        finally:
            sys.stderr.flush()
            os._exit(code)
    if os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]):
        sys.exit(1)
