"""The contract of every receiver, run over every one: no input crashes a decoder, and each is documented."""

from __future__ import annotations

from pathlib import Path

import orjson
import pyarrow as pa
import pytest
import snappy
from hypothesis import given, settings
from hypothesis import strategies as st

from prologue.model.errors import LimitError, PrologueError, UserError
from prologue.model.payload import PayloadFormat
from prologue.model.record import RECORD_SCHEMA
from prologue.receive.catalog import RECEIVERS
from prologue.receive.receiver import Push
from prologue.receive.settings import ReceiveSettings
from prologue.receive.wire import loki_pb2, otlp_pb2

SETTINGS = ReceiveSettings()
BY_NAME = {receiver.name: receiver for receiver in RECEIVERS}
DOCS = Path(__file__).parents[2] / "docs" / "receivers"


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
    "jsonline": ("", b'{"_msg":"a","_time":"0"}\n{"b":[1,{"c":null}]}\n'),
    "lines": ("", b"first\nsecond\r\n"),
    "loki protobuf": ("application/x-protobuf", loki_sample()),
    "loki json": (
        "application/json",
        b'{"streams":[{"stream":{"app":"cart"},"values":[["1700000000000000000","x",{"k":"v"}],["5","y"]]}]}',
    ),
    "otlp protobuf": ("application/x-protobuf", otlp_sample()),
    "otlp json": (
        "application/json",
        b'{"resourceLogs":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}}]},'
        b'"scopeLogs":[{"scope":{"name":"n"},"logRecords":[{"timeUnixNano":"5","severityNumber":9,'
        b'"body":{"stringValue":"x"},"attributes":[{"key":"a","value":{"intValue":"1"}},{"key":"b",'
        b'"value":{"kvlistValue":{"values":[{"key":"c","value":{"arrayValue":{"values":[{"boolValue":true}]}}}]}}}],'
        b'"traceId":"000102030405060708090a0b0c0d0e0f"}]}]}]}',
    ),
}
"""One good body in every form, which the fuzzers damage."""


def read(name: str, body: bytes) -> None:
    """Decodes a body as `name`; whatever comes out must be sound, and only our own errors may come up."""
    receiver = BY_NAME[name.split(" ", maxsplit=1)[0]]
    packed = snappy.compress(body) if name == "loki protobuf" else body
    push = Push(packed, "default", 1_700_000_000_000_000_000, content_type=SAMPLES[name][0])
    try:
        decoded = receiver.decode(push, SETTINGS)
    except (UserError, LimitError) as error:
        assert error.message
        return
    for payload in decoded.payloads:
        if payload.format is PayloadFormat.RECORDS:
            table = pa.ipc.open_stream(payload.data).read_all()
            table.validate(full=True)
            assert table.schema.equals(RECORD_SCHEMA)
            assert table.num_rows == decoded.records
            assert min(table["timestamp"].to_pylist()) > 0


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_are_good(name):
    receiver = BY_NAME[name.split(" ", maxsplit=1)[0]]
    content_type, body = SAMPLES[name]
    packed = snappy.compress(body) if name == "loki protobuf" else body
    decoded = receiver.decode(Push(packed, "default", 1, content_type=content_type), SETTINGS)
    assert decoded.records > 0
    assert len(decoded.payloads) == 1


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=150, deadline=None)
@given(body=st.binary(max_size=300))
def test_any_bytes(name, body):
    read(name, body)


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_damaged_bodies(name, data):
    """Bytes changed, cut out and repeated in a good body, where the decoders' deep paths are."""
    body = bytearray(SAMPLES[name][1])
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, max(len(body) - 1, 0)))
        size = data.draw(st.integers(0, 12))
        piece = data.draw(st.one_of(st.binary(max_size=12), st.just(bytes(body[place : place + size]) * 2)))
        body[place : place + size] = piece
    read(name, bytes(body))


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] + [deeper for key, item in inner for deeper in paths(item, (*path, key))]


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.endswith("json")])
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_json_with_any_value_anywhere(name, data):
    document = orjson.loads(SAMPLES[name][1])
    path = data.draw(st.sampled_from(paths(document)[1:]))
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = data.draw(JSON_VALUES)
    read(name, orjson.dumps(document))


@pytest.mark.parametrize("receiver", RECEIVERS, ids=lambda receiver: receiver.name)
def test_errors_of_every_kind_are_worded(receiver):
    for error in (UserError("u", cure="c"), LimitError("l"), PrologueError("p")):
        for content_type in ("application/json", "application/x-protobuf", ""):
            push = Push(b"", "default", 1, content_type=content_type)
            answer = receiver.answers.failure(error, push)
            assert 400 <= answer.status <= 500
            assert error.message.encode() in answer.body


def test_names_and_paths_are_unique():
    assert len(BY_NAME) == len(RECEIVERS)
    every = [path for receiver in RECEIVERS for path in receiver.paths]
    assert len(set(every)) == len(every)


@pytest.mark.parametrize("receiver", RECEIVERS, ids=lambda receiver: receiver.name)
def test_every_receiver_is_documented(receiver):
    page = (DOCS / f"{receiver.name}.md").read_text()
    for path in receiver.paths:
        assert f"`POST {path}`" in page
