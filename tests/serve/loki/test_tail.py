"""Whose lines a tail sends: the tenant of the header, or of the parameter that browsers use instead."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlencode

import httpx
import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import ClientConnection, connect

from tests.support.server import ServerProcess, wait_until

TENANT, FLAGS = "X-Scope-OrgID", "X-Loki-Response-Encoding-Flags"
_numbers = itertools.count(1)


@contextmanager
def tail(
    server: ServerProcess, parameters: dict[str, str], headers: dict[str, str]
) -> Iterator[ClientConnection]:
    query = urlencode({"query": '{service_name="tailed"}', **parameters})
    url = f"{server.url.replace('http', 'ws')}/loki/api/v1/tail?{query}"
    with connect(url, additional_headers=headers, proxy=None) as socket:
        yield socket


@pytest.fixture
def tenants(prologue_server: ServerProcess) -> tuple[str, str]:
    """Two tenants of this test's own; the line of each is its name, and can be queried."""
    number = next(_numbers)
    names = (f"tail-one-{number}", f"tail-two-{number}")
    for name in names:
        answer = httpx.post(
            f"{prologue_server.url}/insert/jsonline?_stream_fields=service_name",
            json={"service_name": "tailed", "_msg": name},
            headers={TENANT: name},
        )
        assert answer.status_code == 204
        status = f"{prologue_server.url}/api/v1/status"
        wait_until(lambda: httpx.get(status, headers={TENANT: name}).json()["stored_lines"] == 1)  # noqa: B023 - called at once
    return names


@pytest.mark.parametrize(
    ("parameter", "header", "seen"),
    [(0, None, 0), (None, 1, 1), (0, 1, 1), (1, 0, 0)],
    ids=["parameter", "header", "header over parameter", "header over parameter, other way"],
)
def test_whose_lines(prologue_server, tenants, parameter, header, seen):
    parameters = {} if parameter is None else {TENANT: tenants[parameter]}
    headers = {} if header is None else {TENANT: tenants[header]}
    with tail(prologue_server, parameters, headers) as socket:
        streams = json.loads(socket.recv(30))["streams"]
    assert [value[1] for stream in streams for value in stream["values"]] == [tenants[seen]]


def test_a_parameter_s_name_has_no_case(prologue_server, tenants):
    with tail(prologue_server, {TENANT.lower(): tenants[1]}, {}) as socket:
        assert json.loads(socket.recv(30))["streams"][0]["values"][0][1] == tenants[1]


def test_flags_as_a_parameter(prologue_server, tenants):
    with tail(prologue_server, {TENANT: tenants[0], FLAGS: "categorize-labels"}, {}) as socket:
        (stream,) = json.loads(socket.recv(30))["streams"]
    assert stream["stream"] == {"service_name": "tailed"}
    assert stream["values"][0][2]["structuredMetadata"]["detected_level"] == "unknown"


def test_a_tenant_that_cannot_be_is_refused_before_the_handshake(prologue_server):
    with pytest.raises(InvalidStatus) as refused, tail(prologue_server, {TENANT: "../other"}, {}):
        pass
    assert refused.value.response.status_code == 400
    assert json.loads(refused.value.response.body or b"")["code"] == "bad_tenant"
