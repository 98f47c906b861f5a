"""Orders that `new` wrote beside the users of the example: `nox -s bench -- STACK added_feature`.

`wrk` asks one server for either in turn, without a cache, seven rounds of two seconds: a row by a
random id, a page of 50 by time, and new rows.

Requests/s of orders / of users, 2 cores, November 2026:

    stack            id     page   create
    asgi, sqlite     1.03   1.06   1.04
    wsgi, sqlite     1.05   1.05   1.02
    asgi, postgres   1.05   1.05   1.02
    wsgi, postgres   1.00   1.00   1.02
"""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from hotpath.aio.db.sessions import with_connection
from hotpath.testing.servers import HOST, serving
from hotpath.testing.workspace import Workspace
from rich.console import Console
from rich.table import Table
from sqlalchemy import text

from .place import measured

ROWS = 20_000
ROUNDS, SECONDS = 7, 2
NEW = ("orders", "user:belongs_to=users", "amount_cents:int", "status:open|paid|cancelled")
FILL = text(
    "INSERT INTO orders (user_id, amount_cents, status, created_at) "
    "SELECT id, 500, 'open', created_at FROM users"
)
WITHOUT_CACHE = {"CACHE__TTL_S": 0.001, "CACHE__L1_MAX_ENTRIES": 1}
GET = 'request = function() return wrk.format("GET", {}) end'
POST = """
math.randomseed(os.time())
local number, run = 0, math.random(1, 1e9)
request = function()
  number = number + 1
  return wrk.format("POST", "/{}", {{["content-type"] = "application/json"}}, {})
end
"""
USER = '\'{"email": "a\' .. run .. "x" .. number .. \'@example.com", "name": "Ada"}\''
ORDER = '\'{"user_id": 1, "amount_cents": 500}\''


def scripts(many: str) -> Mapping[str, str]:
    """Return what wrk sends, by kind."""
    page = f'"/{many}?limit=50&created_after=2020-01-01T00:00:00." .. math.random(1e5, 1e6) .. "Z"'
    return {
        "id": GET.format(f'"/{many}/" .. math.random(1, {ROWS})'),
        "page": GET.format(page),
        "create": POST.format(many, USER if many == "users" else ORDER),
    }


def per_second(port: int, script: Path) -> float:
    """Return the requests/s of one run."""
    command = ["wrk", "-t1", "-c64", f"-d{SECONDS}s", "-s", str(script), f"http://{HOST}:{port}"]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    assert "Non-2xx" not in said, said
    found = re.search(r"Requests/sec: +([\d.]+)", said)
    assert found, said
    return float(found[1])


def add_orders(place: Workspace) -> None:
    """Generate the feature into this project, and an order for each user."""
    here = Workspace(place.service, Path.cwd(), place.environment)
    here.run("new", *NEW).check_returncode()
    here.run("db", "upgrade").check_returncode()
    with_connection(place.settings().db, lambda connection: connection.execute(FILL).close())


def main() -> None:
    table = Table("", "users/s", "orders/s", "ratio", title="Orders beside users")
    with TemporaryDirectory() as name, measured(ROWS, **WITHOUT_CACHE) as place:
        add_orders(place)
        with serving(place) as server:
            for kind in scripts("users"):
                rates: dict[str, list[float]] = {"users": [], "orders": []}
                for turn in range(ROUNDS):
                    for many in sorted(rates, reverse=turn % 2 == 0):
                        script = Path(name, f"{kind}-{many}.lua")
                        script.write_text(scripts(many)[kind])
                        rates[many].append(per_second(server.port, script))
                users, orders = median(rates["users"]), median(rates["orders"])
                table.add_row(kind, f"{users:,.0f}", f"{orders:,.0f}", f"{orders / users:.2f}")
    Console().print(table)


if __name__ == "__main__":
    sys.exit(main())
