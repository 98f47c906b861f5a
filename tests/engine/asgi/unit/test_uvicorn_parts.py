"""What the engine uses of uvicorn that it does not promise is still there."""

from hotpath.asgi.server.uvicorn_protocol import HotProtocol
from hotpath.server.connection import Connection
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from ..private_parts import missing_of, set_by


def test_uvicorn_has_what_the_protocol_needs() -> None:
    for own in (HotProtocol, Connection):
        missing = missing_of(own, HttpToolsProtocol) - {*vars(Connection), *set_by(Connection)}

        where = f"see {own.__module__}"
        assert not missing, f"uvicorn's has no {', '.join(sorted(missing))} any more: {where}"
