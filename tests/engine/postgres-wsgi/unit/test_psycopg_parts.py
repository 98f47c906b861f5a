"""What the engine uses of psycopg that it does not promise is still there."""

import psycopg
from psycopg import generators
from psycopg.adapt import Transformer
from psycopg.pq import PGconn

WHERE = "see blocking/db/drivers/psycopg_pq.py"


def test_psycopg_has_what_prepared_statements_need() -> None:
    parts = {
        PGconn: ("send_prepare", "send_describe_prepared", "send_query_prepared"),
        Transformer: ("from_context", "dump_sequence", "set_pgresult", "load_rows", "formats"),
        psycopg.Connection: ("wait", "prepared_max"),
        generators: ("execute",),
    }
    missing = [
        f"{owner.__name__}.{name}"
        for owner, names in parts.items()
        for name in names
        if not hasattr(owner, name)
    ]

    assert not missing, f"psycopg has no {', '.join(missing)} any more: {WHERE}"
