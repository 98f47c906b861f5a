"""What the engine uses of uvicorn that it does not promise is still there."""

from hotpath.asgi.server.uvicorn_protocol import HotProtocol
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..private_parts import missing_of


def test_uvicorn_has_what_the_protocol_needs() -> None:
    missing = missing_of(HotProtocol, HttpToolsProtocol)

    where = f"see {HotProtocol.__module__} and hotpath.server"
    assert not missing, f"uvicorn's has no {', '.join(sorted(missing))} any more: {where}"
