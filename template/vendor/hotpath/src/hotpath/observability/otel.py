"""Traces by OpenTelemetry's SDK; `tracing.py` imports this where variables ask for them."""

import os
from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager
from importlib.metadata import entry_points
from threading import Thread
from time import time_ns
from typing import Any
from urllib.parse import urlsplit

from opentelemetry import context as otel_context
from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.propagators.textmap import Getter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter
from opentelemetry.trace import Span, SpanKind, StatusCode

from hotpath.observability.logs import get_logger
from hotpath.observability.request_context import REQUEST, RequestContext
from hotpath.observability.requests import RequestRecord
from hotpath.observability.tracing import Header, OutboundCall, Tracer
from hotpath.service import Service

_NAME = "hotpath"
_EXPORTERS = "opentelemetry_traces_exporter"
_PROTOCOLS = {"grpc": "otlp_proto_grpc", "http/protobuf": "otlp_proto_http"}
_HTTP = "http/protobuf"
_UNNAMED = "unknown_service"
_CLOSE_WITHIN_S = 3.0
_SERVER_ERROR = 500
_CLIENT_ERROR = 400


class OtelTrace:
    """The span of a request or task, and its children."""

    def __init__(self, tracer: trace.Tracer, span: Span, parent: Context) -> None:
        self._tracer = tracer
        self._span = span
        self._context = trace.set_span_in_context(span, parent)
        self._is_recording = span.is_recording()
        trace_id = span.get_span_context().trace_id
        self.trace_id = f"{trace_id:032x}" if self._is_recording else ""
        """Its id; empty if it is not recorded."""

    def attach(self) -> object:
        """Make the span the current one."""
        return otel_context.attach(self._context)

    def detach(self, token: Any) -> None:
        """Undo `attach`."""
        otel_context.detach(token)

    def end(self, method: str, route: str | None, status: int) -> None:
        """End the span of a request."""
        span = self._span
        if self._is_recording:
            span.set_attribute("http.response.status_code", status)
            if route is not None:
                span.update_name(f"{method} {route}")
                span.set_attribute("http.route", route)
            if status >= _SERVER_ERROR:
                span.set_attribute("error.type", str(status))
                span.set_status(StatusCode.ERROR)
        span.end()

    def fail(self, error: BaseException) -> None:
        """Mark the span as failed."""
        _fail(self._span, type(error).__name__)

    def add_query(
        self, system: str, text: str, seconds: float, rows: int | None, error: BaseException | None
    ) -> None:
        """Add the span of a statement."""
        if not self._is_recording:
            return
        operation = text.partition(" ")[0].upper()
        attributes: dict[str, Any] = {
            "db.system.name": system,
            "db.operation.name": operation,
            "db.query.text": text,
        }
        if rows is not None:
            attributes["db.response.returned_rows"] = rows
        self._add(operation, attributes, seconds, error)

    def add_command(
        self, system: str, name: str, seconds: float, error: BaseException | None
    ) -> None:
        """Add the span of a command."""
        if self._is_recording:
            attributes = {"db.system.name": system, "db.operation.name": name}
            self._add(name, attributes, seconds, error)

    @contextmanager
    def outbound_call(self, method: str, url: str) -> Iterator[OutboundCall]:
        """Return the span of an HTTP call."""
        parts, call = urlsplit(url), OutboundCall()
        attributes: dict[str, str | int] = {
            "http.request.method": method,
            "server.address": parts.hostname or "",
            "url.full": f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}",
        }
        if parts.port is not None:
            attributes["server.port"] = parts.port
        with self._tracer.start_as_current_span(
            method,
            kind=SpanKind.CLIENT,
            attributes=attributes,
            record_exception=False,
            set_status_on_exception=False,
        ) as span:
            try:
                yield call
            except BaseException as error:
                _fail(span, type(error).__name__)
                raise
            if call.status is not None:
                span.set_attribute("http.response.status_code", call.status)
                if call.status >= _CLIENT_ERROR:
                    _fail(span, str(call.status))

    def inject(self, headers: MutableMapping[str, str]) -> None:
        """Add the headers that continue the trace elsewhere."""
        propagate.inject(headers)

    def _add(
        self, name: str, attributes: Mapping[str, Any], seconds: float, error: BaseException | None
    ) -> None:
        """Add a span that ends now, below the current one."""
        ended = time_ns()
        started = ended - int(seconds * 1e9)
        span = self._tracer.start_span(
            name, kind=SpanKind.CLIENT, attributes=attributes, start_time=started
        )
        if error is not None:
            _fail(span, type(error).__name__)
        span.end(ended)


class OtelTracer:
    """The tracer of a process."""

    def __init__(self, provider: TracerProvider) -> None:
        self._provider = provider
        self._tracer = provider.get_tracer(_NAME)

    def start(self, record: RequestRecord, header: Header) -> None:
        """Start the trace of a request, or continue that of the client."""
        parent = propagate.extract(header, getter=_HEADERS)
        attributes = {
            "http.request.method": record.method,
            "url.path": record.path,
            "url.scheme": "http",
            "client.address": record.client,
        }
        span = self._tracer.start_span(
            record.method, parent, kind=SpanKind.SERVER, attributes=attributes
        )
        record.trace = OtelTrace(self._tracer, span, parent)

    def task(
        self, name: str, task_id: str, headers: Mapping[str, str]
    ) -> AbstractContextManager[None]:
        """Return the span of a task that another process has submitted."""
        return _running(self._tracer, name, task_id, propagate.extract(headers))

    def close(self) -> None:
        """Export what is left, within `_CLOSE_WITHIN_S`; a collector that is away gets nothing."""
        closing = Thread(target=self._provider.shutdown, name="tracing", daemon=True)
        closing.start()
        closing.join(_CLOSE_WITHIN_S)


def open_tracer(service: Service) -> Tracer | None:
    """Return the tracer that the variables describe; None, and a log line, if none can be."""
    exporter = _exporter(os.environ)
    if exporter is None:
        return None
    provider = TracerProvider(resource=_resource(service), shutdown_on_exit=False)
    provider.add_span_processor(BatchSpanProcessor(exporter))
    if not isinstance(trace.get_tracer_provider(), TracerProvider):
        trace.set_tracer_provider(provider)  # for spans of the service's own
    return OtelTracer(provider)


@contextmanager
def _running(tracer: trace.Tracer, name: str, task_id: str, parent: Context) -> Iterator[None]:
    """Make a task the current span, and what is traced."""
    attributes = {
        "messaging.operation.type": "process",
        "messaging.message.id": task_id,
        "messaging.destination.name": name,
    }
    span = tracer.start_span(
        f"process {name}", parent, kind=SpanKind.CONSUMER, attributes=attributes
    )
    started = OtelTrace(tracer, span, parent)
    task = RequestContext()
    task.trace = started
    request, token = REQUEST.set(task), started.attach()
    try:
        yield
    except BaseException as error:
        started.fail(error)
        raise
    finally:
        started.detach(token)
        REQUEST.reset(request)
        span.end()


def _fail(span: Span, kind: str) -> None:
    span.set_attribute("error.type", kind)
    span.set_status(StatusCode.ERROR)


class _HeadersGetter(Getter[Header]):
    """Reads headers by the function that each interface has for it."""

    def get(self, carrier: Header, key: str) -> list[str] | None:
        value = carrier(key.lower())
        return None if value is None else [value]

    def keys(self, carrier: Header) -> list[str]:
        return []


_HEADERS = _HeadersGetter()


def _resource(service: Service) -> Resource:
    """Return what is said of the service; the variables' own attributes win."""
    own: dict[str, str | int] = {
        "service.name": service.distribution,
        "service.version": service.version,
        "process.pid": os.getpid(),
    }
    named = Resource.create()
    if not str(named.attributes.get("service.name", _UNNAMED)).startswith(_UNNAMED):
        del own["service.name"]
    return named.merge(Resource(own))


def _exporter(variables: Mapping[str, str]) -> SpanExporter | None:
    name = variables.get("OTEL_TRACES_EXPORTER") or "otlp"
    protocol = (
        variables.get("OTEL_EXPORTER_OTLP_TRACES_PROTOCOL")
        or variables.get("OTEL_EXPORTER_OTLP_PROTOCOL")
        or _HTTP
    )
    entry = _PROTOCOLS.get(protocol, protocol) if name == "otlp" else name
    for found in _installed(entry):
        exporter: SpanExporter = found.load()()
        return exporter
    get_logger().warning(
        "no traces: there is no such exporter",
        exporter=name,
        protocol=protocol,
        remedy="install the package that has it, such as opentelemetry-exporter-otlp-proto-http",
    )
    return None


def _installed(name: str) -> Iterable[Any]:
    return entry_points(group=_EXPORTERS, name=name)
