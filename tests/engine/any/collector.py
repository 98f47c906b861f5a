"""A collector of traces: OTLP over HTTP, as a backend takes it."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from hotpath_services.process import wait_until
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

WITHIN_S = 20.0
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
PARENT_ID = "b7ad6b7169203331"
TRACEPARENT = {"traceparent": f"00-{TRACE_ID}-{PARENT_ID}-01"}
ERROR = 2


@dataclass(frozen=True)
class Exported:
    """A span as it was exported."""

    name: str
    trace_id: str
    span_id: str
    parent_id: str
    kind: int
    status: int
    attributes: Mapping[str, Any]
    resource: Mapping[str, Any]


@dataclass
class Collector:
    """What was exported to it."""

    url: str
    spans: list[Exported] = field(default_factory=list)

    @property
    def variables(self) -> dict[str, str]:
        """The variables that have a process export to it, at once."""
        return {"OTEL_EXPORTER_OTLP_ENDPOINT": self.url, "OTEL_BSP_SCHEDULE_DELAY": "50"}

    def wait_for(self, is_wanted: Callable[[Exported], bool], count: int = 1) -> list[Exported]:
        """Return the wanted spans, once there are as many."""

        def found() -> list[Exported]:
            return [span for span in list(self.spans) if is_wanted(span)]

        assert wait_until(lambda: len(found()) >= count, WITHIN_S), [*map(str, self.spans)]
        return found()

    def named(self, name: str) -> Exported:
        """Return the only span of this name, once it is there."""
        [span] = self.wait_for(lambda span: span.name == name)
        return span


@contextmanager
def collecting() -> Iterator[Collector]:
    """Run a collector until the end of the block."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            if self.headers.get("content-encoding") is None and self.path == "/v1/traces":
                collector.spans += _spans(ExportTraceServiceRequest.FromString(body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        collector = Collector(f"http://127.0.0.1:{http.server_port}")
        Thread(target=http.serve_forever, daemon=True).start()
        yield collector
        http.shutdown()


def _spans(request: ExportTraceServiceRequest) -> list[Exported]:
    return [
        Exported(
            span.name,
            span.trace_id.hex(),
            span.span_id.hex(),
            span.parent_span_id.hex(),
            span.kind,
            span.status.code,
            _values(span.attributes),
            _values(part.resource.attributes),
        )
        for part in request.resource_spans
        for scope in part.scope_spans
        for span in scope.spans
    ]


def _values(attributes: Any) -> dict[str, Any]:
    return {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in attributes}
