"""Several processes write to one file: each waits for its turn, and nothing is lost."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor

from hotpath.testing.servers import Pair, client, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until
from sqlalchemy import select

from package_name.resources import Resources
from package_name.users.model import User

from ..users import unique_email

PROCESSES = 4
WRITERS = 8
WRITES = 15
UP_WITHIN_S = 30.0


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
