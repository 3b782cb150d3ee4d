"""Small bodies that would become gigabytes of objects are refused before they do."""

from __future__ import annotations

import resource

import pytest
import snappy

from prologue.model.errors import LimitError
from prologue.receive.catalog import RECEIVERS
from prologue.receive.settings import ReceiveSettings

BY_NAME = {receiver.name: receiver for receiver in RECEIVERS}
PROTOBUF, JSON = "application/x-protobuf", "application/json"

AMPLIFIERS = {
    "empty lists": ("otlp", JSON, b"[" + b"[]," * 10_000_000 + b"[]]"),
    "empty objects": ("loki", JSON, b'{"streams":[' + b"{}," * 10_000_000 + b"{}]}"),
    "short strings": ("loki", JSON, b'{"streams":["a"' + b',"a"' * 11_000_000 + b"]}"),
    "deep nesting": ("otlp", JSON, b"[" * 11_000_000),
    "empty streams": ("loki", PROTOBUF, b"\x0a\x00" * 17_000_000),
    "empty entries": ("loki", PROTOBUF, b"\x0a\x80\xec\x9a\x10" + b"\x12\x00" * 17_000_000),
    "empty events": ("splunk", JSON, b"[" + b"{}," * 9_000_000 + b"{}]"),
    "empty events in a row": ("splunk", JSON, b"{}" * 9_000_000),
    "empty logs": ("datadog", JSON, b"[" + b"{}," * 9_000_000 + b"{}]"),
    "empty actions": ("elasticsearch", JSON, b'{"create":{}}' + b"\n" * 100_000_000),
    "empty records": ("firehose", JSON, b'{"records":[' + b'{"data":""},' * 5_000_000 + b'{"data":""}]}'),
    "empty fields": ("journald", "", b"\n" * 100_000_000),
    "empty resources": ("otlp", PROTOBUF, b"\x0a\x00" * 17_000_000),
}


@pytest.mark.parametrize("name", AMPLIFIERS)
def test_amplifiers(make_push, name):
    receiver, content_type, body = AMPLIFIERS[name]
    packed = snappy.compress(body) if (receiver, content_type) == ("loki", PROTOBUF) else body
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    with pytest.raises(LimitError, match=r"holds |has "):
        BY_NAME[receiver].decode(make_push(packed, content_type=content_type), ReceiveSettings())
    grown_kib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before
    assert grown_kib < 128 * 1024
