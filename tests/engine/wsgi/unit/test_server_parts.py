"""What the engine uses of uvicorn and gunicorn that they do not promise is still there."""

from gunicorn.http.wsgi import Response
from hotpath.wsgi.server.uvicorn_protocol import ThreadedProtocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..private_parts import missing_of


def test_uvicorn_has_what_the_protocol_needs() -> None:
    missing = missing_of(ThreadedProtocol, HttpToolsProtocol)

    where = f"see {ThreadedProtocol.__module__} and hotpath.server"
    assert not missing, f"uvicorn's has no {', '.join(sorted(missing))} any more: {where}"


def test_gunicorn_closes_a_connection_when_told() -> None:
    where = "see wsgi/server/gunicorn.py"
    assert hasattr(Response, "force_close"), f"gunicorn's response has no force_close: {where}"
    assert Response.start_response.__name__ == "start_response", where
