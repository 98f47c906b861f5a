"""Rules and dashboard in `deploy/`: right for Prometheus, and about metrics that there are."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest
from hotpath.testing.servers import client, serving
from hotpath.testing.workspace import Workspace
from hotpath_services.process import wait_until
from prometheus_client.parser import text_string_to_metric_families

from ..promtool import promtool
from ..users import add_user

DEPLOY, DOCUMENT = Path("deploy"), Path("docs/operations.md")
RULES = DEPLOY / "prometheus-rules.yaml"
METRIC = re.compile(r"\bshop_\w+")
RECORDED = re.compile(r"\bshop:\w+:\w+")
SEEN_S = 5.0
NOBODY = "http://127.0.0.1:1"


@pytest.fixture(scope="module")
def names(workspace: Workspace) -> Iterator[set[str]]:
    """Return the names of the samples of a live scrape, after a task and a call that failed."""
    settings = {"CACHE__USE_TABLE": "true", "HTTP_CLIENT__URLS__AVATARS": NOBODY}
    with serving(workspace.with_settings(**settings)) as server:
        user = f"/users/{add_user(server.http)['id']}"
        for path in (user, "/users/stats", "/healthz"):
            server.http.get(path).raise_for_status()
        server.http.post(f"{user}/welcome").raise_for_status()
        assert server.http.get(f"{user}/avatar").status_code == 503
        with client(server.port) as http:
            assert wait_until(lambda: "shop_batch_size_sum" in names_of(http), SEEN_S)
            yield names_of(http)


def names_of(http: httpx2.Client) -> set[str]:
    families = text_string_to_metric_families(http.get("/metrics").text)
    return {sample.name for family in families for sample in family.samples}


@pytest.mark.parametrize("file", ["prometheus-rules.yaml", "prometheus-rules-test.yaml"])
def test_rules_are_about_metrics_that_there_are(names: set[str], file: str) -> None:
    text = (DEPLOY / file).read_text()
    recorded = set(re.findall(r"record: (\S+)", RULES.read_text()))

    assert set(METRIC.findall(text)) - names == set()
    assert set(RECORDED.findall(text)) <= recorded
    assert len(METRIC.findall(text)) > 10


def test_the_dashboard_is_about_metrics_that_there_are(names: set[str]) -> None:
    dashboard = json.loads((DEPLOY / "grafana-dashboard.json").read_text())
    targets = [target["expr"] for panel in dashboard["panels"] for target in panel["targets"]]
    variable = dashboard["templating"]["list"][1]["query"]

    shown = set(METRIC.findall(" ".join([*targets, variable])))

    assert shown - names == set()
    assert len(shown) > 20


def test_prometheus_takes_the_rules_and_their_tests_pass() -> None:
    assert promtool("check", "rules", str(RULES)) == ""
    assert promtool("test", "rules", str(DEPLOY / "prometheus-rules-test.yaml")) == ""


def test_every_alert_says_what_to_do_and_where_it_is_written() -> None:
    rules, document = RULES.read_text(), DOCUMENT.read_text()
    headings = re.findall(r"^#+ (.+)$", document, re.MULTILINE)
    anchors = {re.sub(r"[^\w -]", "", heading).lower().replace(" ", "-") for heading in headings}

    alerts = re.findall(r"- alert: (\w+)", rules)
    runbooks = re.findall(r"runbook: docs/operations\.md#(\S+)", rules)

    assert len(alerts) > 5
    assert [alert.lower() for alert in alerts] == runbooks
    assert set(runbooks) <= anchors
    assert len(re.findall(r"^ {10}description: .{20,}$", rules, re.MULTILINE)) == len(alerts)
    tested = (DEPLOY / "prometheus-rules-test.yaml").read_text()
    assert [alert for alert in alerts if f'alertname="{alert}"' not in tested] == []
