"""What `serve` does, without typer, which takes 70 ms and 7 MB that a service would keep."""

import os
import socket
import sys
from importlib import import_module

from hotpath.cli.errors import exit_on, load_settings
from hotpath.features import Features, Misdeclared
from hotpath.observability.metrics_server import metrics_server
from hotpath.observability.multiprocess import shared_metrics
from hotpath.service import Service


def serve(
    service: Service,
    host: str | None = None,
    port: int | None = None,
    workers: int | None = None,
    *,
    reload: bool = False,
) -> None:
    """Serve HTTP until SIGTERM or Ctrl-C; arguments win over settings."""
    settings = load_settings(service)
    options = {"host": host, "port": port, "workers": workers}
    changes = {name: value for name, value in options.items() if value is not None}
    server, observability = settings.server.model_copy(update=changes), settings.observability
    for name, value in changes.items():  # worker processes read the settings for themselves
        os.environ[f"{service.env_prefix}SERVER__{name.upper()}"] = str(value)
    # Tried here, alike in every stack and at once: a web server may try for seconds.
    with exit_on(OSError):
        metrics_port, token = observability.metrics_port, observability.metrics_token
        name = f"{service.env_prefix}OBSERVABILITY__METRICS_PORT"
        listener = _listen(server.host, metrics_port, name) if metrics_port else None
        _listen(server.host, server.port, f"{service.env_prefix}SERVER__PORT").close()
    with (
        shared_metrics() as folder,
        metrics_server(listener, folder, token.get_secret_value()),
    ):
        if server.workers > 1 or server.kind != "uvicorn":
            _check_features(service)
        run_server = import_module(f"{service.interface}.server").run_server
        run_server(settings.model_copy(update={"server": server}), reload=reload)


def _listen(host: str, port: int, setting: str) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while")[0]
        raise OSError(f"{setting}: cannot listen on {host}, port {port}: {reason}.") from None


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
