"""Elasticsearch's official client: its probes, its bulk helpers, and what they make of our answers."""

from __future__ import annotations

import json
import subprocess
import time
from pathlib import Path

import elasticsearch
import pytest
from elasticsearch import Elasticsearch, helpers

from tests.support import npm
from tests.support.matrix import record

VERSION = elasticsearch.__versionstr__
JAVASCRIPT = "9.5.1"
SCRIPT = Path(__file__).with_name("elastic_client.js")


@pytest.fixture(params=["", "/insert/elasticsearch"])
def client(prologue_server, request):
    with Elasticsearch(prologue_server.url + request.param, http_compress=True) as connected:
        yield connected


def document(run: str, number: int) -> dict[str, object]:
    return {
        "@timestamp": int(time.time() * 1000) - 1000 + number,
        "message": f"order {number} placed",
        "run": run,
        "log": {"level": "error" if number % 2 else "info"},
        "service": {"name": "orders"},
        "host": {"name": f"node-{number % 3}"},
        "took_ms": number,
    }


def test_the_client_takes_us_for_elasticsearch(client):
    assert client.ping()
    assert client.info()["tagline"] == "You Know, for Search"
    assert client.cluster.health()["status"] == "green"
    assert client.license.get()["license"]["status"] == "active"
    client.indices.put_index_template(name="logs", index_patterns=["logs-*"])
    assert client.indices.exists_index_template(name="logs")
    client.ilm.put_lifecycle(name="logs", policy={"phases": {}})
    client.ingest.put_pipeline(id="p", processors=[])
    client.indices.create_data_stream(name="logs-app-default")


def test_helpers_bulk(client, stored):
    run = f"bulk-{time.time_ns()}"
    actions = [
        {"_op_type": "create", "_index": "logs-orders", "_source": document(run, number)}
        for number in range(1200)
    ]
    assert helpers.bulk(client, actions) == (1200, [])
    lines = stored(f'{{_index="logs-orders"}} | run="{run}"')
    assert [line.body for line in lines] == [f"order {number} placed" for number in range(1200)]
    assert lines[1].labels["service_name"] == "orders"
    assert lines[1].labels["host_name"] == "node-1"
    assert lines[1].attributes["detected_level"] == "error"
    assert lines[5].time - lines[4].time == 1_000_000
    attributes = set(lines[0].attributes) | set(lines[0].labels)
    record(
        sender="elasticsearch (helpers.bulk)",
        version=VERSION,
        protocol="Elasticsearch _bulk",
        sent=1200,
        stored=len(lines),
        attributes=attributes,
    )


def test_helpers_streaming_bulk_with_ids_several_indices_and_what_is_refused(client, stored):
    run = f"stream-{time.time_ns()}"
    actions = [
        {"_op_type": "index", "_index": f"logs-{number % 2}", "_id": f"id-{number}", **document(run, number)}
        for number in range(300)
    ]
    actions[7:7] = [
        {"_op_type": "delete", "_index": "logs-0", "_id": "id-1"},
        {"_op_type": "update", "_index": "logs-0", "_id": "id-2", "doc": {"took_ms": 0}},
    ]
    answers = list(helpers.streaming_bulk(client, actions, raise_on_error=False, chunk_size=100))
    assert [place for place, (fine, _) in enumerate(answers) if not fine] == [7, 8]
    assert answers[7][1]["delete"]["status"] == 400
    assert "not supported" in answers[8][1]["update"]["error"]["reason"]
    lines = stored(f'{{_index=~"logs-[01]"}} | run="{run}"')
    assert len(lines) == 300
    assert all(line.labels["_index"] == f"logs-{int(line.attributes['took_ms']) % 2}" for line in lines)
    assert lines[3].attributes["_id"] == "id-3"
    record(
        sender="elasticsearch (helpers.streaming_bulk)",
        version=VERSION,
        protocol="Elasticsearch _bulk",
        sent=300,
        stored=len(lines),
        attributes=set(lines[0].attributes) | set(lines[0].labels),
    )


def test_elastics_client_for_javascript(prologue_server, stored):
    """It asks for the nodes first (`sniffOnStart`) and goes on at the address it is told."""
    folder = npm.package("@elastic/elasticsearch", JAVASCRIPT)
    run = f"js-{time.time_ns()}"
    done = subprocess.run(
        ["node", str(SCRIPT), prologue_server.url, run, "500"],
        env={"PATH": "/usr/bin:/bin:/usr/local/bin", "NODE_PATH": str(folder / "node_modules")},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    assert (said["total"], said["successful"], said["failed"]) == (500, 500, 0)
    lines = stored(f'{{service_name="orders-js"}} | run="{run}"')
    assert sorted(line.body for line in lines) == sorted(f"order {number} placed" for number in range(500))
    record(
        sender="@elastic/elasticsearch (Node)",
        version=JAVASCRIPT,
        protocol="Elasticsearch _bulk",
        sent=500,
        stored=len(lines),
        attributes=set(lines[0].attributes) | set(lines[0].labels),
    )
