"""`/debug`: for those with the token, and for nobody else."""

import httpx2
import pytest

from ..problems import assert_problem
from ..servers import serving
from ..workspace import Workspace

TOKEN = "a token that only tests know"


@pytest.mark.parametrize("authorization", ["", "Bearer", f"Bearer {TOKEN}"])
def test_without_a_token_of_its_own_there_is_no_debug(
    http: httpx2.Client, authorization: str
) -> None:
    answer = http.get("/debug/pools", headers={"authorization": authorization})

    assert answer.content == http.get("/nothing").content
    assert answer.status_code == 404


def test_only_the_token_opens_debug(workspace: Workspace) -> None:
    settings = workspace.with_settings(
        OBSERVABILITY__ADMIN_TOKEN=TOKEN, DB__POOL_SIZE=4, DB__MAX_OVERFLOW=2
    )
    with serving(settings) as server:
        for wrong in ("", TOKEN, "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}"):
            denied = server.http.get("/debug/pools", headers={"authorization": wrong})
            assert_problem(denied, 404, "Nothing matches the given URI")

        server.http.get("/readyz")
        answer = server.http.get("/debug/pools", headers={"authorization": f"bearer {TOKEN}"})

    assert answer.json()["database"] == {
        "size": 4,
        "max_overflow": 2,
        "in_use": 0,
        "idle": 1,
        "overflow": 0,
        "waiting": 0,
    }
