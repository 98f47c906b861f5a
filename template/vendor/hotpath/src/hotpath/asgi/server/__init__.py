"""Starts the server that the settings name; the other one is not imported."""

from importlib import import_module

from hotpath.aio.concurrency import run
from hotpath.aio.db.engine import check_pools, check_schema
from hotpath.observability.logs import configure_logs, log_uncaught
from hotpath.settings import ServiceSettings


def run_server(settings: ServiceSettings, *, reload: bool = False) -> None:
    """Serve until SIGTERM or Ctrl-C; requests in progress finish first."""
    server = settings.server
    configure_logs(
        settings.observability, is_json=settings.is_production, package=settings.service.package
    )
    if settings.is_production:
        log_uncaught()
    run(check_pools(settings.db, server.workers))
    run(check_schema(settings))
    import_module(f".{server.kind}", __package__).serve(settings, reload=reload)
