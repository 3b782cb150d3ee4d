"""The ruler's routes while there are no rules."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("prefix", ["/loki/api/v1/rules", "/api/prom/rules"])
def test_none_in_the_words_clients_look_for(loki, prefix):
    for path in (prefix, f"{prefix}/space"):
        answer = loki.ask("GET", path)
        assert (answer.status_code, answer.text) == (404, "no rule groups found\n")
    answer = loki.ask("GET", f"{prefix}/space/group")
    assert (answer.status_code, answer.text) == (404, "group does not exist\n")


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("kind", ["rules", "alerts"])
def test_prometheus_form(loki, method, kind):
    answer = loki.ask(method, f"/prometheus/api/v1/{kind}")
    data = {"groups": []} if kind == "rules" else {"alerts": []}
    assert answer.json() == {"status": "success", "data": data, "errorType": "", "error": ""}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/loki/api/v1/rules/space"),
        ("DELETE", "/loki/api/v1/rules/space"),
        ("DELETE", "/loki/api/v1/rules/space/group"),
        ("POST", "/api/prom/rules/space"),
    ],
)
def test_a_rule_is_refused_not_forgotten(loki, method, path):
    answer = loki.ask(method, path)
    assert answer.status_code == 501
    assert "alerting" in answer.json()["error"]
    assert answer.json()["cure"]
