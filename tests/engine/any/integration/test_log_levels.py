"""Levels of the log: by environment, and of single loggers."""

import pytest
from hotpath.settings import InvalidSettings
from hotpath.testing.servers import serving
from hotpath.testing.workspace import Workspace

from ..log_lines import events, json_lines

ENDS_WITHIN_S = 15.0


@pytest.mark.parametrize(
    ("environment", "level"), [("development", "debug"), ("test", "info"), ("production", "info")]
)
def test_the_environment_chooses_the_level(
    environment: str, level: str, workspace: Workspace
) -> None:
    place = workspace.with_settings(ENVIRONMENT=environment)

    assert place.settings().observability.level == level
    chosen = place.with_settings(OBSERVABILITY__LEVEL="error")
    assert chosen.settings().observability.level == "error"


def test_single_loggers_have_levels_of_their_own(workspace: Workspace) -> None:
    levels = '{"uvicorn": "critical", "hotpath.observability.access_log": "warning"}'
    with pytest.raises(InvalidSettings, match="OBSERVABILITY__LEVELS__UVICORN"):
        workspace.with_settings(OBSERVABILITY__LEVELS=levels).settings()

    with pytest.raises(InvalidSettings, match="OBSERVABILITY__LEVELS: must be JSON, such as"):
        workspace.with_settings(OBSERVABILITY__LEVELS="uvicorn=info").settings()

    levels = levels.replace("critical", "error").replace("uvicorn", "uvicorn.error")
    levels = levels.replace("}", ', "hotpath.server": "warning"}')
    place = workspace.with_settings(OBSERVABILITY__LEVELS=levels)
    with serving(place) as server:
        server.http.get("/healthz")
        server.program.stop()
        server.program.ends_within(ENDS_WITHIN_S)
        assert json_lines(server.program.log) == []


def test_a_logger_may_say_more_than_the_rest(workspace: Workspace) -> None:
    place = workspace.with_settings(
        OBSERVABILITY__LEVEL="warning", OBSERVABILITY__LEVELS='{"uvicorn": "info"}'
    )
    with serving(place) as server:
        server.http.get("/healthz")
        server.program.stop()
        server.program.ends_within(ENDS_WITHIN_S)
        happened = events(server.program.log)
    assert "Application startup complete." in happened
    assert "request" not in happened


def test_proxies_that_are_no_networks_are_refused_in_a_sentence(workspace: Workspace) -> None:
    place = workspace.with_settings(SERVER__TRUSTED_PROXIES="10.0.0.0/8,proxy")

    with pytest.raises(InvalidSettings, match="'proxy' is neither an address nor a network"):
        place.settings()
