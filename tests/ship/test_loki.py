"""Loki's push form, as sent over HTTP: labels, times, structured metadata, and what answers mean."""

from __future__ import annotations

import orjson
import pytest

from prologue.model.payload import Payload, PayloadFormat

T = "2026-01-02T03:04:05.000000006Z"
T_NS = "1767323045000000006"


def cri(data: str) -> Payload:
    return Payload("t", PayloadFormat.LINES, data.encode(), 5, {"pod": "p"}, {"framing": "cri"})


def test_a_push_as_loki_wants_it(endpoint, make_sink) -> None:
    sink = make_sink({"protocol": "loki", "tenant": "t"})
    sink.append(cri(f"{T} stdout F one\n{T} stderr F two\n{T} stdout F three\n")).result(20)
    (got,) = endpoint.got
    assert got.path == "/loki/api/v1/push"
    assert got.headers["content-type"] == "application/json"
    assert got.headers["x-scope-orgid"] == "t"
    assert orjson.loads(got.body) == {
        "streams": [
            {"stream": {"pod": "p", "stream": "stdout"}, "values": [[T_NS, "one"], [T_NS, "three"]]},
            {"stream": {"pod": "p", "stream": "stderr"}, "values": [[T_NS, "two"]]},
        ]
    }


def test_attributes_are_structured_metadata(endpoint, make_sink) -> None:
    entry = b'{"MESSAGE":"m","PRIORITY":"4","_SYSTEMD_UNIT":"a.service","__REALTIME_TIMESTAMP":"7"}\n'
    payload = Payload("default", PayloadFormat.LINES, entry, 5, {"host": "h"}, {"framing": "journal"})
    make_sink({"protocol": "loki"}).append(payload).result(20)
    (stream,) = orjson.loads(endpoint.got[0].body)["streams"]
    assert stream == {
        "stream": {"host": "h"},
        "values": [["7000", "m", {"_SYSTEMD_UNIT": "a.service", "level": "warning"}]],
    }


def test_an_address_with_a_path_is_used_as_it_is(endpoint, make_sink) -> None:
    sink = make_sink({"protocol": "loki", "url": f"{endpoint.url}/gateway/push", "compression": "zstd"})
    sink.append(cri(f"{T} stdout F one\n" * 50)).result(20)
    assert endpoint.got[0].path == "/gateway/push"
    assert endpoint.got[0].headers["content-encoding"] == "zstd"


@pytest.mark.parametrize("status", [429, 500])
def test_back_pressure_is_waited_for(endpoint, make_sink, status: int) -> None:
    endpoint.script = [(status, b"slow down", {})]
    make_sink({"protocol": "loki"}).append(cri(f"{T} stdout F one\n")).result(20)
    assert len(endpoint.got) == 2
    assert endpoint.got[0].body == endpoint.got[1].body
