"""Whether FastAPI tells OpenTelemetry of requests."""

from importlib.util import find_spec

from fastapi.telemetry import TelemetryConfig

_OFF: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}


def telemetry() -> TelemetryConfig | None:
    """Return FastAPI's default where the SDK is installed; else nobody could be told.

    FastAPI would look for somebody at each request, in the environment too: 5 µs. It sees hot
    routes only with `SERVER__HOT_ROUTES=false`.
    """
    return None if find_spec("opentelemetry.sdk") else _OFF
