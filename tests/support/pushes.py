"""One good push in every form that a receiver takes: what the contract suite sends and the fuzzers damage.

Next chapter: `tests/receive/test_contract.py`, which sends them; `tests/receive/test_catalog.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import snappy

from prologue.model import batch
from prologue.model.payload import Payload, PayloadFormat, SourcePosition
from prologue.receive.wire import loki_pb2, otlp_pb2

JSON = "application/json"
PROTOBUF = "application/x-protobuf"


@dataclass(frozen=True)
class Sample:
    """A push that `receiver` takes at `path` as `records` records, and what its protocol makes of others.

    `pack` is what the protocol wraps around every body; `path_parameters` are what the route makes of the
    path. `busy` is the status of back-pressure. `empty` is the status of a body without anything in it, which
    is `empty_records` records.
    `beside` is a body with one bad record beside good ones, where the protocol answers for each, and how
    many of it are stored. `large` is what is over a limit of 8 bytes where only one record's size is limited.
    """

    receiver: str
    path: str
    body: bytes
    records: int
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    path_parameters: Mapping[str, str] = field(default_factory=dict)
    pack: Callable[[bytes], bytes] = bytes
    busy: int = 429
    empty: int = 400
    empty_records: int = 0
    beside: tuple[bytes, int] | None = None
    large: bytes = b""

    @property
    def json(self) -> bool:
        return self.body.lstrip()[:1] in (b"{", b"[")


def payloads_sample() -> bytes:
    at = SourcePosition("file:1:2:abc", 0, 8)
    made = Payload("t", PayloadFormat.LINES, b"one\ntwo\n", 1, {"app": "cart"}, {"framing": "cri"}, at)
    return batch.encode([made])


def loki_sample() -> bytes:
    entries = [
        loki_pb2.Entry(
            timestamp=loki_pb2.Entry.Timestamp(seconds=1_700_000_000 + n, nanos=n),
            line=b"line %d" % n,
            structured_metadata=[loki_pb2.Entry.LabelPair(name=b"k", value=b"v")],
        ).SerializeToString()
        for n in range(3)
    ]
    stream = loki_pb2.Stream(labels='{app="cart"}', entries=entries)
    return loki_pb2.PushRequest(streams=[stream.SerializeToString()] * 2).SerializeToString()


def otlp_sample() -> bytes:
    text = otlp_pb2.AnyValue(string_value=b"hello")
    number = otlp_pb2.AnyValue(int_value=5)
    listed = otlp_pb2.AnyValue(array_value=otlp_pb2.ArrayValue(values=[text, number]))
    nested = otlp_pb2.AnyValue(
        kvlist_value=otlp_pb2.KeyValueList(values=[otlp_pb2.KeyValue(key=b"k", value=listed)])
    )
    attributes = [otlp_pb2.KeyValue(key=b"a.b", value=value) for value in (text, number, listed, nested)]
    records = [
        otlp_pb2.LogRecord(
            time_unix_nano=1_700_000_000_000_000_000 + n,
            severity_number=9,
            severity_text=b"INFO",
            body=body,
            attributes=attributes,
            trace_id=bytes(range(16)),
            flags=1,
        ).SerializeToString()
        for n, body in enumerate((text, nested))
    ]
    scoped = otlp_pb2.ScopeLogs(scope=otlp_pb2.Scope(name=b"lib"), log_records=records)
    logs = otlp_pb2.ResourceLogs(
        resource=otlp_pb2.Resource(attributes=attributes), scope_logs=[scoped.SerializeToString()]
    )
    return otlp_pb2.ExportLogsServiceRequest(resource_logs=[logs.SerializeToString()] * 2).SerializeToString()


SAMPLES = {
    "payloads": Sample("payloads", "/insert/payloads", payloads_sample(), 2),
    "jsonline": Sample(
        "jsonline", "/insert/jsonline", b'{"_msg":"a","_time":"0"}\n{"b":[1,{"c":null}]}\n', 2
    ),
    "lines": Sample("lines", "/insert/lines", b"first\nsecond\r\n", 2),
    "loki protobuf": Sample(
        "loki", "/loki/api/v1/push", loki_sample(), 6, PROTOBUF, pack=snappy.compress, empty=204
    ),
    "loki json": Sample(
        "loki",
        "/loki/api/v1/push",
        b'{"streams":[{"stream":{"app":"cart"},"values":[["1700000000000000000","x",{"k":"v"}],["5","y"]]}]}',
        2,
        JSON,
    ),
    "otlp protobuf": Sample("otlp", "/v1/logs", otlp_sample(), 4, PROTOBUF, empty=200),
    "otlp json": Sample(
        "otlp",
        "/v1/logs",
        b'{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},'
        b'"scopeLogs":[{"scope":{"name":"n"},"logRecords":[{"timeUnixNano":"5","severityNumber":9,'
        b'"body":{"stringValue":"x"},"attributes":[{"key":"a","value":{"intValue":"1"}},{"key":"b",'
        b'"value":{"kvlistValue":{"values":[{"key":"c","value":{"arrayValue":{"values":[{"boolValue":true}]}}}]}}}],'
        b'"traceId":"000102030405060708090a0b0c0d0e0f"}]}]}]}',
        1,
        JSON,
    ),
    "elasticsearch": Sample(
        "elasticsearch",
        "/logs/_bulk",
        b'{"create":{}}\n{"message":"a","@timestamp":"2026-01-31T10:00:00Z"}\n'
        b'{"index":{"_index":"other","_id":7}}\n{"log":{"level":"warn"}}\n',
        2,
        "application/x-ndjson",
        path_parameters={"index": "logs"},
        beside=(b'{"create":{}}\n{"a":1}\n{"create":{}}\n{"a":\n{"delete":{"_id":"1"}}\n', 1),
    ),
    "gelf json": Sample(
        "gelf",
        "/gelf",
        b'{"version":"1.1","host":"h","short_message":"a"}\n{"host":"h","short_message":"b","_c":{"d":1}}',
        2,
        JSON,
    ),
    "splunk event": Sample(
        "splunk",
        "/services/collector/event",
        b'{"event":"a","time":1700000000.5,"host":"h","fields":{"k":"v"}}{"event":{"b":[1]},"index":"main"}',
        2,
        busy=503,
    ),
    "splunk raw": Sample(
        "splunk",
        "/services/collector/raw?index=main",
        b"first\nsecond\n",
        2,
        busy=503,
    ),
    "datadog": Sample(
        "datadog",
        "/api/v2/logs",
        b'[{"message":"a","ddtags":"env:prod,a:b","status":"warn","service":"s"},{"date":5,"x":{"y":null}}]',
        2,
        JSON,
    ),
    "journald": Sample(
        "journald",
        "/insert/journald/upload",
        b"__CURSOR=s=0123456789abcdef0123456789abcdef;i=1f;b=0123456789abcdef0123456789abcdef;m=1;t=2;x=3\n"
        b"__REALTIME_TIMESTAMP=1763000000000001\nMESSAGE=a\nPRIORITY=3\n_HOSTNAME=h\n\n"
        b"__CURSOR=s=0123456789abcdef0123456789abcdef;i=20;b=0123456789abcdef0123456789abcdef;m=1;t=2;x=3\n"
        b"__REALTIME_TIMESTAMP=1763000000000002\nMESSAGE\n\x03\0\0\0\0\0\0\0b\n\n\nA=1\nA=2\n\n",
        2,
        "application/vnd.fdo.journal",
        empty=204,
        large=b"MESSAGE=one entry that goes on and on\n",
    ),
    "cloudevents structured": Sample(
        "cloudevents",
        "/insert/cloudevents",
        b'{"specversion":"1.0","id":"1","source":"/s","type":"t","time":"2026-01-31T10:00:00Z","data":{"a":[1]}}',
        1,
        "application/cloudevents+json",
    ),
    "cloudevents batch": Sample(
        "cloudevents",
        "/insert/cloudevents",
        b'[{"specversion":"1.0","id":"1","source":"/s","type":"t","data":"x"},'
        b'{"specversion":"1.0","id":"2","source":"/s","type":"t","data_base64":"aGk="}]',
        2,
        "application/cloudevents-batch+json",
    ),
    "cloudevents binary": Sample(
        "cloudevents",
        "/insert/cloudevents",
        b'{"message":"x","n":1}',
        1,
        JSON,
        headers={"ce-specversion": "1.0", "ce-id": "1", "ce-source": "/s", "ce-type": "t"},
        empty=204,
        empty_records=1,
    ),
    "firehose": Sample(
        "firehose",
        "/insert/firehose",
        b'{"requestId":"r","timestamp":1,"records":[{"data":"eyJhIjoxfQ=="},{"data":"aGVsbG8Kd29ybGQK"}]}',
        3,
        JSON,
    ),
    "github": Sample(
        "github",
        "/insert/webhook/github",
        b'{"ref":"refs/heads/main","commits":[{}],"head_commit":{"message":"m"},"repository":{"name":"r"}}',
        1,
        JSON,
        headers={"x-github-event": "push"},
    ),
    "gitlab": Sample(
        "gitlab",
        "/insert/webhook/gitlab",
        b'{"object_kind":"pipeline","object_attributes":{"status":"success","tag":true,"ref":"1.0"},'
        b'"builds":[{"environment":{"name":"prod"}}],"project":{"path_with_namespace":"a/b"}}',
        1,
        JSON,
    ),
    "jenkins": Sample(
        "jenkins",
        "/insert/webhook/jenkins",
        b'{"name":"j","build":{"number":1,"phase":"COMPLETED","status":"SUCCESS","timestamp":1772600767000,'
        b'"scm":{"culprits":["a"]},"parameters":{"VERSION":"1"}}}',
        1,
        JSON,
    ),
    "argocd": Sample(
        "argocd",
        "/insert/webhook/argocd",
        b'{"metadata":{"name":"a","labels":{"env":"p"}},"status":{"summary":{"images":["r/a:1"]},'
        b'"operationState":{"phase":"Succeeded","operation":{"initiatedBy":{"automated":true}}}}}',
        1,
        JSON,
    ),
}
"""By name; the first word is the receiver's."""
