"""Routes about queries and the server."""

from __future__ import annotations

import pytest
import yaml

from prologue.telemetry.version import version


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ('{foo=   "bar"}', '{foo="bar"}'),
        ('sum(rate({a="b"}[60s]))by(x)', 'sum by (x) (rate({a="b"}[1m]))'),
    ],
)
def test_format_query(loki, query, wanted):
    assert loki.get("format_query", query=query) == {"status": "success", "data": wanted}
    assert loki.post("format_query", query=query)["data"] == wanted


def test_format_query_refuses_with_the_position(loki):
    status, body = loki.refused("format_query", query='{foo="bar"')
    assert (status, body["position"]["column"]) == (400, 11)


def test_explain_shows_plan_and_sql_without_running(loki):
    data = loki.get("explain", query='sum  by(app)(rate({app="x\'y"} |= "secret"[5m]))')["data"]
    assert data["query"] == 'sum by (app) (rate({app="x\'y"} |= "secret" [5m]))'
    assert data["plan"].startswith("Range(")
    assert data["sql"].startswith("SELECT")
    assert "secret" not in data["sql"], "values are bound, never pasted"
    assert "secret" in data["parameters"].values()


def test_explain_an_instant_query(loki):
    data = loki.post("explain", query='rate({app="x"}[5m])', time="1700000000")["data"]
    assert 1_700_000_000 * 10**9 in data["parameters"].values()


def test_build_info(loki):
    info = loki.get("status/buildinfo")
    assert info.keys() == {"version", "revision", "branch", "buildUser", "buildDate", "goVersion"}
    assert info["revision"] == f"prologue-{version()}"
    assert int(info["version"].split(".")[0]) >= 3, "Logs Drilldown asks for Loki 3"


def test_drilldown_limits(loki):
    answer = loki.get("drilldown-limits")
    assert answer.keys() == {"limits", "pattern_ingester_enabled", "version"}
    assert answer["pattern_ingester_enabled"] is True
    assert answer["limits"]["max_entries_limit_per_query"] == 5000
    assert answer["limits"]["retention_period"] == "720h"
    assert "service" in answer["limits"]["discover_service_name"]


def test_tenant_limits_are_the_same_in_yaml(loki):
    answer = loki.ask("GET", "/config/tenant/v1/limits")
    assert answer.headers["content-type"].startswith("application/yaml")
    assert yaml.safe_load(answer.text) == loki.get("drilldown-limits")["limits"]
