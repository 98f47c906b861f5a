"""`/debug`: for those with the token, and for nobody else."""

from typing import Any

import httpx2
import pytest
from hotpath.settings import CacheSettings
from hotpath.testing.problems import assert_problem
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace

from ..cache_tiers import POOLS

TOKEN = "a token that only tests know"


@pytest.mark.parametrize("path", ["/debug/pools", "/debug/cache"])
@pytest.mark.parametrize("authorization", ["", "Bearer", f"Bearer {TOKEN}"])
def test_without_a_token_of_its_own_there_is_no_debug(
    http: httpx2.Client, authorization: str, path: str
) -> None:
    answer = http.get(path, headers={"authorization": authorization})

    assert answer.content == http.get("/nothing").content
    assert answer.status_code == 404


def test_no_method_tells_what_there_is(workspace: Workspace) -> None:
    settings = workspace.with_settings(OBSERVABILITY__ADMIN_TOKEN=TOKEN)
    paths = ("", ".json", "/pools", "/memory/snapshot", "/profile", "/profiles/1", "/nothing")
    with serving(settings) as server:
        for method in ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"):
            nothing = server.http.request(method, "/nothing")
            for path in paths:
                denied = server.http.request(method, f"/debug{path}")
                assert (denied.status_code, denied.content) == (404, nothing.content)
                assert {*denied.headers} == {*nothing.headers}
        known = server.http.put("/debug/pools", headers={"authorization": f"Bearer {TOKEN}"})
        assert (known.status_code, known.headers["allow"]) == (405, "GET, HEAD")


def test_only_the_token_opens_debug(workspace: Workspace) -> None:
    settings = workspace.with_settings(
        OBSERVABILITY__ADMIN_TOKEN=TOKEN,
        DB__POOL_SIZE=4,
        DB__MAX_OVERFLOW=2,
        DB__DEDICATED_CONNECTIONS=3,
        CACHE__USE_TABLE=True,
    )
    with serving(settings) as server:
        for wrong in ("", TOKEN, "Bearer", f"Bearer {TOKEN}x", f"Basic {TOKEN}"):
            denied = server.http.get("/debug/pools", headers={"authorization": wrong})
            assert_problem(denied, 404, "Nothing matches the given URI")

        server.http.get("/readyz")
        answer = server.http.get("/debug/pools", headers={"authorization": f"bearer {TOKEN}"})
        cache = server.http.get("/debug/cache", headers={"authorization": f"bearer {TOKEN}"})

    assert_kept_nothing(cache.json())
    assert [*answer.json()["cache"]] == [*POOLS]
    assert answer.json()["database"] == {
        "size": 4,
        "max_overflow": 2,
        "in_use": 0,
        "idle": 1,
        "overflow": 0,
        "waiting": 0,
    }
    assert answer.json()["dedicated"] == {"size": 3, "in_use": 0, "open": 0, "waiting": 0}


def assert_kept_nothing(report: dict[str, Any]) -> None:
    """Check the report of a process that was asked for nothing."""
    l1 = report["l1"]
    counts = ("entries", "size_bytes", "hits", "misses", "evictions")
    assert [l1[name] for name in counts] == [0] * len(counts)
    assert report["loads"] == report["load_p95_s"] == 0
    assert l1["max_entries"] == CacheSettings().l1_max_entries
    assert l1["max_bytes"] == CacheSettings().l1_max_bytes
    assert l1["max_ttl_s"] == CacheSettings().l1_ttl_s
    unused = {"state": "ok", "hits": 0, "misses": 0, "skipped": 0, "errors": 0}
    assert report["shared"] == [{"tier": tier, **unused} for tier in ("l3", *POOLS)]
