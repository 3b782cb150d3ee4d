"""What Elasticsearch's senders ask before they send, and answers they go on after.

Beats ask for the version and the licence, and set up templates, policies and pipelines; Logstash, Fluentd
and the official clients ask for some of that; clients that look for more nodes are told of this one.
Nothing is kept of what they set up: there are no templates or policies here, retention is a setting, and
pipelines are Prologue's own.

The web UI is at `/` too. A request there is a client's where it asks for JSON and not for HTML, or names a
known sender as its agent; browsers get the UI.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

from prologue.receive.elasticsearch.answers import es_answer
from prologue.receive.receiver import Answer, Probe, Push

PREFIX = "/insert/elasticsearch"
VERSION = "9.99.0"
"""Newer than any sender: Beats refuse a server that is older than they are."""

_AGENTS = re.compile(r"elastic|beat/|logstash|fluent|vector/", re.IGNORECASE)
_CLUSTER = "prologue"
_NODE = "prologue"
_UUID = "cHJvbG9ndWUtbG9ncy0wMQ"

_ROOT = {
    "name": _NODE,
    "cluster_name": _CLUSTER,
    "cluster_uuid": _UUID,
    "version": {
        "number": VERSION,
        "build_flavor": "default",
        "build_type": "tar",
        "build_hash": "prologue",
        "build_date": "2026-01-01T00:00:00.000Z",
        "build_snapshot": False,
        "lucene_version": "10.0.0",
        "minimum_wire_compatibility_version": "8.19.0",
        "minimum_index_compatibility_version": "8.0.0",
    },
    "tagline": "You Know, for Search",
}
_LICENSE = {"status": "active", "uid": _UUID, "type": "basic", "mode": "basic"}
_XPACK = {
    "build": {"hash": "prologue", "date": "2026-01-01T00:00:00.000Z"},
    "license": _LICENSE,
    "features": {
        name: {"available": False, "enabled": False} for name in ("ilm", "security", "monitoring", "ml")
    },
    "tagline": "You know, for X",
}
_HEALTH = {
    "cluster_name": _CLUSTER,
    "status": "green",
    "timed_out": False,
    "number_of_nodes": 1,
    "number_of_data_nodes": 1,
    "active_primary_shards": 1,
    "active_shards": 1,
    "relocating_shards": 0,
    "initializing_shards": 0,
    "unassigned_shards": 0,
}
_SET_UP = (
    "/_template",
    "/_index_template",
    "/_component_template",
    "/_ilm/policy",
    "/_ingest/pipeline",
    "/_data_stream",
    "/_alias",
)


def probes() -> tuple[Probe, ...]:
    """Every question, at the root and under the prefix."""
    at = ("", PREFIX)
    things = tuple(f"{prefix}{thing}/{{name}}" for prefix in at for thing in _SET_UP)
    nodes = tuple(f"{prefix}/_nodes{rest}" for prefix in at for rest in ("", "/http", "/{which}/http"))
    return (
        Probe(("/",), _says(_ROOT), meant=is_a_client),
        Probe((PREFIX, f"{PREFIX}/"), _says(_ROOT)),
        Probe(tuple(f"{prefix}/_license" for prefix in at), _says({"license": _LICENSE})),
        Probe(tuple(f"{prefix}/_xpack" for prefix in at), _says(_XPACK)),
        Probe(tuple(f"{prefix}/_cluster/health" for prefix in at), _says(_HEALTH)),
        Probe(nodes, _nodes),
        Probe(things, _says({})),
        Probe(things, _says({"acknowledged": True}), methods=("PUT", "POST", "DELETE")),
    )


def is_a_client(push: Push) -> bool:
    """Whether a request to `/` is a sender's rather than a browser's."""
    accept = push.headers.get("accept", "")
    if "text/html" in accept:
        return False
    return "json" in accept or _AGENTS.search(push.headers.get("user-agent", "")) is not None


def _says(body: Mapping[str, Any]) -> Callable[[Push], Answer]:
    """The same answer always."""
    answer = es_answer(200, body)
    return lambda _push: answer


def _nodes(push: Push) -> Answer:
    """This one node, at the address it was asked at: sniffing clients go on with what is named here."""
    address = push.headers.get("host", "127.0.0.1:3100")
    node = {
        "name": _NODE,
        "version": VERSION,
        "roles": ["data", "ingest"],
        "http": {"publish_address": address},
    }
    return es_answer(200, {"cluster_name": _CLUSTER, "nodes": {_UUID: node}})
