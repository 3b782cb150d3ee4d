"""Deploys are found by the query that the documentation gives, whoever sent them and when they happened."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

DATA = Path(__file__).parents[1] / "receive" / "webhooks" / "data"


def test_deploys_are_found_among_the_logs(prologue_server, stored):
    """The recorded payloads, with their day moved to today so that they are inside the retention."""
    moment = datetime.now(UTC) - timedelta(hours=1)
    tenant = f"deploys-{time.time_ns()}"
    expected = []
    for name in (
        "github_deployment_status",
        "github_workflow_run",
        "gitlab_deployment",
        "gitlab_pipeline",
        "jenkins_completed",
        "argocd_synced",
        "gitlab_push",
    ):
        sender, _, kind = name.partition("_")
        body = (DATA / f"{name}.json").read_text()
        body = body.replace("1772600767000", str(int(moment.timestamp()) * 1000))
        for written, hour in (
            ("05:06:07", moment),
            ("05:06:09", moment),
            ("06:06:07", moment + timedelta(hours=1)),
        ):
            body = body.replace(f"2026-03-04T{written}", hour.strftime("%Y-%m-%dT%H:%M:%S"))
            body = body.replace(f"2026-03-04 {written}", hour.strftime("%Y-%m-%d %H:%M:%S"))
        answer = httpx.post(
            f"{prologue_server.url}/insert/webhook/{sender}",
            content=body,
            headers={"X-GitHub-Event": kind, "X-Scope-OrgID": tenant},
        )
        assert answer.status_code == 204
        expected += [sender] * (name != "gitlab_push")
    lines = stored('{event="deploy"}', tenant=tenant)
    assert sorted(line.labels["source"] for line in lines) == sorted(expected)
    assert {line.time // 10**9 for line in lines} == {int(moment.timestamp())}
    found = stored('{event="deploy", service_name="checkout"} | deploy_kind="deployment"', tenant=tenant)
    assert {line.attributes["deploy_environment"] for line in found} == {"production", "staging"}
    failed = stored('{event="deploy"} | detected_level="error"', tenant=tenant)
    assert {line.attributes["deploy_status"] for line in failed} == {"failure"}
    assert len(failed) == 2
