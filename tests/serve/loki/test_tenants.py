"""No route shows one tenant what another has: every route there is, asked by both.

The routes are taken from the application itself, so a new one that is not tried here fails the test.
"""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from starlette.routing import Route
from websockets.sync.client import connect

from prologue.config.settings import Settings
from prologue.receive import http as receive_http
from prologue.receive.intake import Intake
from prologue.serve.application import routes
from tests.support.loki import NOW, SECOND, Loki

START = NOW - 300 * SECOND
TENANTS = ("tenant-crimson", "tenant-azure")
EVERYTHING = {"query": '{shared="yes"}', "start": str(START - 60 * SECOND), "end": str(NOW + 60 * SECOND)}
COUNT = {**EVERYTHING, "query": 'sum by (own) (count_over_time({shared="yes"}[1h]))', "time": str(NOW)}

# What is asked of each route that answers from data, and whether the answer must show the tenant's own.
ASKED: dict[str, tuple[dict[str, object], bool]] = {
    "/loki/api/v1/query_range": (EVERYTHING, True),
    "/loki/api/v1/query": (COUNT, True),
    "/loki/api/v1/labels": (EVERYTHING, True),
    "/loki/api/v1/label": (EVERYTHING, True),
    "/loki/api/v1/label/own/values": (EVERYTHING, True),
    "/loki/api/v1/series": ({**EVERYTHING, "match[]": '{shared="yes"}'}, True),
    "/loki/api/v1/index/stats": (EVERYTHING, False),
    "/loki/api/v1/index/volume": ({**EVERYTHING, "targetLabels": "own"}, True),
    "/loki/api/v1/index/volume_range": ({**EVERYTHING, "targetLabels": "own", "step": "60"}, True),
    "/loki/api/v1/patterns": (EVERYTHING, True),
    "/loki/api/v1/detected_labels": (EVERYTHING, True),
    "/loki/api/v1/detected_fields": (EVERYTHING, True),
    "/loki/api/v1/detected_field/own_field/values": (EVERYTHING, True),
    "/loki/api/v1/explain": (EVERYTHING, True),
    "/loki/api/v1/format_query": (EVERYTHING, False),
    "/loki/api/v1/delete": ({}, False),
    "/loki/api/v1/rules": ({}, False),
    "/loki/api/v1/rules/space": ({}, False),
    "/loki/api/v1/rules/space/group": ({}, False),
    "/api/prom/rules": ({}, False),
    "/api/prom/rules/space": ({}, False),
    "/api/prom/rules/space/group": ({}, False),
    "/prometheus/api/v1/rules": ({}, False),
    "/prometheus/api/v1/alerts": ({}, False),
    "/api/v1/status": ({}, False),
    "/api/v1/parsers/rerun": ({}, False),
}
# About the server, not about data. Routes that only take data in stand in the receivers' catalog.
WITHOUT_DATA = {
    "/loki/api/v1/status/buildinfo",
    "/loki/api/v1/drilldown-limits",
    "/config/tenant/v1/limits",
    "/ready",
    "/metrics",
    "/api/v1/query",  # has an isolation test of its own: tests/serve/native
    "/api/v1/parsers",
    "/api/v1/parsers/reload",
    "/api/v1/parsers/test",
}


def colour(tenant: str) -> str:
    return tenant.removeprefix("tenant-")


@pytest.fixture(scope="module", autouse=True)
def lines(prologue_server):
    for tenant in TENANTS:
        own = colour(tenant)
        loki = Loki(prologue_server, tenant)
        labels = {"shared": "yes", "own": f"label-{own}", f"label_{own}": "x"}
        loki.push(labels, [(START, f"own_field=field-{own} text {own}", {f"meta_{own}": own})])


def served() -> set[str]:
    """The paths of the application that answer from data, with their parameters filled in."""
    intake = Intake(None)
    context = SimpleNamespace(
        settings=Settings(),
        intake=intake,
        reader=None,
        progress=None,
        ready=None,
        deletions=None,
        parsers=None,
    )
    taking = {route.path for route in receive_http.routes(intake)}
    named = {"{name}": "own", "{namespace}": "space", "{group}": "group"}
    found = set()
    for route in routes(context):
        if isinstance(route, Route) and route.path not in taking:
            path = route.path.replace("detected_field/{name}", "detected_field/own_field")
            for parameter, value in named.items():
                path = path.replace(parameter, value)
            found.add(path)
    return found


def test_every_route_is_asked():
    assert served() == set(ASKED) | WITHOUT_DATA


@pytest.mark.parametrize("tenant", TENANTS)
@pytest.mark.parametrize("path", ASKED)
def test_a_tenant_sees_its_own_only(prologue_server, tenant, path):
    asked, shows_own = ASKED[path]
    (other,) = (colour(name) for name in TENANTS if name != tenant)
    text = Loki(prologue_server, tenant).ask("GET", path, **asked).text
    assert other not in text
    assert (colour(tenant) in text) == shows_own


@pytest.mark.parametrize("tenant", TENANTS)
def test_counts_are_the_tenants_own(prologue_server, tenant):
    loki = Loki(prologue_server, tenant)
    assert loki.get("index/stats", **EVERYTHING)["entries"] == 1
    assert loki.get("/api/v1/status")["stored_lines"] == 1


@pytest.mark.parametrize("tenant", TENANTS)
def test_tail(prologue_server, tenant):
    url = prologue_server.url.replace("http", "ws", 1) + "/loki/api/v1/tail?query={shared=%22yes%22}"
    with connect(url, additional_headers={"X-Scope-OrgID": tenant}) as socket:
        message = json.loads(socket.recv(timeout=30))
    assert [s["stream"]["own"] for s in message["streams"]] == [f"label-{colour(tenant)}"]


def test_a_tenant_named_for_the_first_time_is_empty(prologue_server):
    loki = Loki(prologue_server, "never-seen-before")
    for path, (asked, _) in ASKED.items():
        text = loki.ask("GET", path, **asked).text
        assert not any(colour(tenant) in text for tenant in TENANTS), path


def test_deletes_are_the_tenants_own(prologue_server):
    one, other = (Loki(prologue_server, tenant) for tenant in TENANTS)
    answer = one.ask("POST", "delete", query='{shared="no"}', start="1700000000", end="1700000001")
    assert answer.status_code == 204
    (request,) = one.get("delete")
    assert other.get("delete") == []
    assert other.ask("DELETE", "delete", request_id=request["request_id"]).status_code == 400
    assert one.ask("DELETE", "delete", request_id=request["request_id"]).status_code == 204
