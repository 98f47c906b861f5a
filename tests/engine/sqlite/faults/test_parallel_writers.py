"""Several processes write to one file: each waits for its turn, and nothing is lost."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from hotpath.testing.servers import Pair, client, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until
from sqlalchemy import select

from package_name.resources import Resources
from package_name.users.model import User

from ..tries import tried_again
from ..users import add_user, unique_email

PROCESSES = 4
WRITERS = 8
WRITES = 15
UP_WITHIN_S = 30.0

CLIENTS = 16
ROUNDS = 60
ROWS = 200
LIMIT_S = 1.6
"""For the lock; a default of 5 would take minutes to be reached."""


async def test_parallel_writers_of_four_processes_lose_nothing(
    workspace: Workspace, resources: Resources
) -> None:
    folder = workspace.folder / "writers"
    folder.mkdir()
    patient = workspace.with_settings(DB__BUSY_TIMEOUT_S=30, DB__POOL_WAIT_S=30)
    place = patient.with_variables({"TMPDIR": str(folder)})
    with serving(place, "--workers", str(PROCESSES)) as server:
        pair = Pair(server, folder)
        assert wait_until(lambda: len(pair.pids()) == PROCESSES, UP_WITHIN_S)

        def write(_: int) -> list[tuple[int, str]]:
            emails = [unique_email() for _ in range(WRITES)]
            with client(server.port) as http:  # each request may come to another process
                bodies = ({"email": email, "name": "Ada"} for email in emails)
                statuses = [http.post("/users", json=body).status_code for body in bodies]
            return list(zip(statuses, emails, strict=True))

        with ThreadPoolExecutor(WRITERS) as threads:
            written = [one for some in threads.map(write, range(WRITERS)) for one in some]
        assert wait_until(lambda: len(pair.pids_that_counted("/users")) > 1, UP_WITHIN_S)

    assert Counter(status for status, _ in written) == {201: WRITERS * WRITES}
    async with resources.db.reading() as session:
        kept = set((await session.execute(select(User.email))).scalars())
    assert {email for _, email in written} <= kept


@tried_again
async def test_no_writer_starves_behind_those_of_another_process(workspace: Workspace) -> None:
    """Half of the requests insert 200 rows: 12 to 26 of 960 were 503 before."""
    folder = workspace.folder / "starving"
    folder.mkdir()
    impatient = workspace.with_settings(DB__BUSY_TIMEOUT_S=LIMIT_S, DB__POOL_WAIT_S=30)
    place = impatient.with_variables({"TMPDIR": str(folder)})
    with serving(place, "--workers", "2") as server:
        pair = Pair(server, folder)
        assert wait_until(lambda: len(pair.pids()) == len(("one", "other")), UP_WITHIN_S)
        user = add_user(server.http)

        def half_write(_: int) -> list[int]:
            statuses = []
            with client(server.port) as http:
                for _ in range(ROUNDS):
                    rows = [{"email": unique_email(), "name": "Ada"} for _ in range(ROWS)]
                    statuses.append(http.post("/users/bulk", json=rows).status_code)
                    statuses.append(http.get(f"/users/{user['id']}").status_code)
            return statuses

        with ThreadPoolExecutor(CLIENTS) as threads:
            statuses = Counter(
                one for some in threads.map(half_write, range(CLIENTS)) for one in some
            )

    assert statuses == {201: CLIENTS * ROUNDS, 200: CLIENTS * ROUNDS}
