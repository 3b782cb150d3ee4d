"""Datadog's API client, with each encoding it can send."""

from __future__ import annotations

import importlib.metadata
import time

import pytest
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v2.api.logs_api import LogsApi
from datadog_api_client.v2.model.content_encoding import ContentEncoding
from datadog_api_client.v2.model.http_log import HTTPLog
from datadog_api_client.v2.model.http_log_item import HTTPLogItem

from tests.support.matrix import record


@pytest.mark.parametrize("encoding", ["identity", "gzip", "deflate"])
def test_submit_log(prologue_server, stored, encoding):
    run = f"run-{time.time_ns()}"
    configuration = Configuration(host=prologue_server.url)
    configuration.api_key["apiKeyAuth"] = "any"
    items = [
        HTTPLogItem(
            message=f"order {number} placed",
            service="orders",
            ddsource="python",
            hostname="n1",
            ddtags=f"env:prod,version:1.{number % 2},run:{run},team:a,team:b",
            status="warn",
            order={"id": str(number)},
        )
        for number in range(900)
    ]
    with ApiClient(configuration) as client:
        LogsApi(client).submit_log(HTTPLog(items), content_encoding=ContentEncoding(encoding))
    lines = stored(f'{{service="orders"}} | run="{run}"')
    assert {line.body for line in lines} == {f"order {number} placed" for number in range(900)}
    assert {line.labels["version"] for line in lines} == {"1.0", "1.1"}
    assert lines[0].labels.items() >= {"env": "prod", "ddsource": "python", "hostname": "n1"}.items()
    assert lines[0].attributes.items() >= {"team": "a,b", "detected_level": "warn"}.items()
    assert lines[0].attributes["order_id"] == lines[0].body.split()[1]
    record(
        sender="datadog-api-client",
        version=importlib.metadata.version("datadog-api-client"),
        protocol=f"Datadog v2, {encoding}",
        sent=900,
        stored=len(lines),
        attributes=set(lines[0].attributes) | set(lines[0].labels),
    )
