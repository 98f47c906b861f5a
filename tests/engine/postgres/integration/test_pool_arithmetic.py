"""All pools together against the server's `max_connections`: said once, at the start."""

from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace
from hotpath_services.postgres import Postgres
from hotpath_services.testing import temporary_service

from ..shop import SERVICE

PER_PROCESS, RESERVED = 10, 3


class SmallPostgres(Postgres):
    """A server that has connections for one process of the service, but not for two."""

    def arguments(self, *, is_durable: bool) -> list[str]:
        limit = f"max_connections={PER_PROCESS + RESERVED}"
        return [*super().arguments(is_durable=is_durable), "-c", limit]


def warnings(workspace: Workspace, workers: int) -> list[str]:
    with serving(workspace, "--workers", str(workers)) as server:
        log = server.program.log.read_text()
    return [line for line in log.splitlines() if "pools do not fit" in line]


def test_pools_that_do_not_fit_are_told_at_the_start(workspace: Workspace) -> None:
    with temporary_service(SmallPostgres(SERVICE)) as postgres:
        small = workspace.with_settings(
            DB__URL=postgres.url,
            DB__POOL_SIZE=PER_PROCESS - 3,
            DB__MAX_OVERFLOW=1,
            DB__DEDICATED_CONNECTIONS=2,
        )
        assert warnings(small, workers=1) == []
        [line] = warnings(small, workers=2)
        assert '"connections_wanted":20' in line
        assert '"connections_available":10' in line

        behind = small.with_settings(DB__PGBOUNCER="true")
        assert warnings(behind, workers=2) == []
