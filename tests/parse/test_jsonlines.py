"""JSON lines in the engine: fields, nesting, times, and what becomes of lines that are none."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prologue.model.labels import canonical
from prologue.model.payload import Payload, PayloadFormat
from prologue.parse.jsonlines import may_nest

NOW = 1_795_800_000_000_000_000
NOW_TEXT = "2026-11-27 17:20:00.000000000"


def payload(data: bytes, labels: dict[str, str] | None = None, **params: str) -> Payload:
    return Payload("default", PayloadFormat.JSON_LINES, data, NOW, labels or {}, params)


def test_fields_become_columns(parse):
    line = b'{"_time":"2026-11-23T10:00:00.123456789Z","_msg":"hi","app":"cart","trace_id":"ab","n":1.5}\n'
    assert parse(payload(line, stream_fields="app")) == [
        {
            "tenant": "default",
            "time": "2026-11-23 10:00:00.123456789",
            "labels": '{"app":"cart","service_name":"cart"}',
            "level": "unknown",
            "severity_number": 0,
            "severity_text": "",
            "body": b"hi",
            "trace_id": "ab",
            "span_id": "",
            "attributes": {"n": "1.5"},
        }
    ]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        pytest.param('"2026-11-23T10:00:00Z"', "2026-11-23 10:00:00.000000000", id="rfc3339"),
        pytest.param('"2026-11-23T10:00:00.5+08:00"', "2026-11-23 02:00:00.500000000", id="offset"),
        pytest.param('"2026-11-23 10:00:00"', "2026-11-23 10:00:00.000000000", id="space, no zone: UTC"),
        pytest.param("1795000000", "2026-11-18 11:06:40.000000000", id="seconds"),
        pytest.param("1795000000.25", "2026-11-18 11:06:40.250000000", id="fraction of seconds"),
        pytest.param('"1795000000123"', "2026-11-18 11:06:40.123000000", id="milliseconds in a string"),
        pytest.param("1795000000123456", "2026-11-18 11:06:40.123456000", id="microseconds"),
        pytest.param("1795000000123456789", "2026-11-18 11:06:40.123456789", id="nanoseconds"),
        pytest.param('""', NOW_TEXT, id="empty: arrival"),
        pytest.param("null", NOW_TEXT, id="null: arrival"),
        pytest.param("0", NOW_TEXT, id="zero: arrival"),
    ],
)
def test_times(parse, value, expected):
    [record] = parse(payload(b'{"_time":%s,"_msg":"x"}' % value.encode()))
    assert record["time"] == expected


def test_objects_without_a_time_keep_their_order(parse):
    records = parse(payload(b"".join(b'{"_msg":"%d"}\n' % number for number in range(50_000))))
    assert [int(record["body"]) for record in records] == list(range(50_000))


def test_a_time_that_is_none_stays_an_attribute(parse):
    [record] = parse(payload(b'{"_time":"garbage","_msg":"x"}'))
    assert record["time"] == NOW_TEXT
    assert record["attributes"] == {"_time": "garbage"}


@pytest.mark.parametrize("sent", ["1960-01-01T00:00:00Z", "2099-01-01T00:00:00Z"])
def test_an_absurd_time_is_kept_beside_the_line(parse, sent):
    [record] = parse(payload(b'{"_time":"%s","_msg":"x"}' % sent.encode()))
    assert record["time"] == NOW_TEXT
    assert record["attributes"]["original_timestamp"].startswith(sent[:10])


def test_nested_objects_are_flattened(parse):
    line = b'{"_msg":"x","a":{"b":{"c":"q\\"uo","n":3,"nul":null},"list":[1,{"y":2}]},"e":{},"t":true}'
    [record] = parse(payload(line))
    assert record["attributes"] == {
        "a.b.c": 'q"uo',
        "a.b.n": "3",
        "a.list": '[1,{"y":2}]',
        "e": "{}",
        "t": "true",
    }


FLAT = [
    rb'{"_msg":"x","a":"q\"uo\u4e2d\ud83d\ude00","n":3,"f":1.50,"big":123456789012345678901,"t":true,"nul":null}',
    rb'{"_msg":"y","list":[1,"b",null],"empty":"","a":"1","a":"2","":"no name"}',
    rb'{"time":"2026-11-23T10:00:00Z","level":"warn","text":"}"}',
    b"{}",
    b'[1,"x"]',
    b"no json",
    b'{"a":\xff}',
]


def test_lines_without_nested_objects_are_the_same_beside_lines_with_some(parse):
    lines = payload(b"\n".join(FLAT), ignore_fields="n", stream_fields="a")
    nested = payload(b'{"_msg":"last","a":{"b":1}}', ignore_fields="n", stream_fields="a")
    assert not may_nest(lines.data)
    assert may_nest(nested.data)
    alone, together = parse(lines), parse(lines, nested)
    assert sorted(together[:-1], key=str) == sorted(alone, key=str)
    assert len(alone) == len(FLAT)


@pytest.mark.parametrize(
    ("data", "may"),
    [
        (b"", False),
        (b'{"a":1}\n{"b":2}', False),
        (b'\n{"a":"}"}\n', False),
        (b'{"a":{}}', True),
        (b'{"a":1}\n{"a": {"b":1}}', True),
        (b' {"a":1}', True),
        (b"{{", True),
        (b'{"a":1}\n[{}]\n{"b":2}', True),
    ],
)
def test_what_may_hold_nested_objects(data, may):
    assert may_nest(data) is may
    assert may_nest(memoryview(data)) is may


def test_deeper_than_eight_levels_stays_json(parse):
    depth = 12
    line = b'{"a":' * depth + b'"x"' + b"}" * depth
    [record] = parse(payload(line))
    [(path, value)] = record["attributes"].items()
    assert path == ".".join("a" * 8)
    assert orjson.loads(value)


@pytest.mark.parametrize("bad", [b"not json", b"[1,2]", b'"text"', b"{", b'{"a":"\\ud800"}', b"\xff\xfe"])
def test_a_bad_line_is_kept_whole_between_good_ones(parse, bad):
    records = parse(payload(b'{"_msg":"one"}\n' + bad + b'\n{"_msg":"two"}\n'))
    found = {record["body"]: record["attributes"].get("__error__") for record in records}
    assert found == {b"one": None, bad: "JSONParserErr", b"two": None}


def test_an_empty_object_is_a_record_and_blank_lines_are_not(parse):
    records = parse(payload(b'\n{}\n  \n{"_msg":"x"}\r\n\n'))
    assert {record["body"] for record in records} == {b"x", b"{}"}
    assert all("__error__" not in record["attributes"] for record in records)


def test_without_a_message_the_line_is_the_body(parse):
    [record] = parse(payload(b'{"other":"no message, error: x"}'))
    assert record["body"] == b'{"other":"no message, error: x"}'
    assert record["level"] == "error"


def test_alternatives_for_fields(parse):
    lines = b'{"ts":"2026-11-23T10:00:00Z","message":"a"}\n{"_time":"2026-11-24T10:00:00Z","_msg":"b"}\n'
    records = parse(payload(lines, time_field="ts,_time", message_field="message,_msg"))
    assert [(r["body"], r["time"][:10]) for r in records] == [(b"a", "2026-11-23"), (b"b", "2026-11-24")]


def test_ignored_fields_are_not_stored(parse):
    line = b'{"_msg":"x","password":"hunter2","user":{"token":"t","id":"7"}}'
    [record] = parse(payload(line, ignore_fields="password,user.token"))
    assert record["attributes"] == {"user.id": "7"}
    [record] = parse(payload(b'{"password":"hunter2","n":1}', ignore_fields="password"))
    assert record["body"] == b'{"n":"1"}'


def test_labels_of_the_payload_win(parse):
    [record] = parse(payload(b'{"_msg":"x","env":"dev"}', {"env": "prod"}, stream_fields="env"))
    assert record["labels"] == '{"env":"prod","service_name":"unknown_service"}'


@pytest.mark.parametrize(
    ("fields", "service"),
    [
        ('"service_name":"a","app":"b"', "a"),
        ('"service.name":"a","service":"b"', "a"),
        ('"container":"c","job":"d"', "c"),
        ('"app":"","job":"d"', "d"),
        ('"nothing":"x"', "unknown_service"),
    ],
)
def test_service_name_by_attributes(parse, fields, service):
    [record] = parse(payload(b'{"_msg":"x",%s}' % fields.encode()))
    assert orjson.loads(record["labels"])["service_name"] == service


def test_a_field_name_is_data_not_sql(parse):
    name = "a'] + (SELECT 1)) -- \\"
    line = orjson.dumps({"_msg": "x", name: "v"})
    [record] = parse(payload(line, stream_fields=name))
    assert set(orjson.loads(record["labels"]).values()) == {"v", "unknown_service"}


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(value=st.text(min_size=1).filter(lambda text: "\x00" not in text))
def test_canonical_labels_are_equal_here_and_in_the_engine(parse, value):
    try:
        line = orjson.dumps({"_msg": "x", "app": value, "service_name": "s"})
    except TypeError:  # a lone surrogate: no JSON can carry it
        return
    [record] = parse(payload(line, stream_fields="app,service_name"))
    assert record["labels"] == canonical({"app": value, "service_name": "s"})


def test_of_several_names_only_the_one_that_counted_is_taken_out(parse):
    [record] = parse(
        payload(
            b'{"msg":"a","message":"b","ts":"1795000000","time":"x"}',
            message_field="message,msg",
            time_field="ts,time",
        )
    )
    assert (record["body"], record["time"]) == (b"b", "2026-11-18 11:06:40.000000000")
    assert record["attributes"] == {"msg": "a", "time": "x"}


WRAPPED = {"message_field": "event,message", "unwrap_fields": "event,fields", "stream_fields": "host"}


@pytest.mark.parametrize(
    ("line", "body", "host", "attributes"),
    [
        pytest.param('{"event":"hello","host":"h","fields":{"a":"1"}}', "hello", "h", {"a": "1"}, id="text"),
        pytest.param(
            '{"event":{"a":1,"b":{"c":[2]}},"host":"h"}',
            '{"a":1,"b":{"c":[2]}}',
            "h",
            {"a": "1", "b.c": "[2]"},
            id="object",
        ),
        pytest.param('{"event":{"message":"m","a":1},"host":"h"}', "m", "h", {"a": "1"}, id="message inside"),
        pytest.param(
            '{"event":{"host":"inner"},"host":"h"}',
            '{"host":"inner"}',
            "h",
            {"event.host": "inner"},
            id="a name twice",
        ),
        pytest.param(
            '{"event":{"host":{"x":1},"c":{}},"host":"h"}',
            '{"host":{"x":1},"c":{}}',
            "h",
            {"event.host.x": "1", "c": "{}"},
            id="a nested name twice",
        ),
        pytest.param('{"event":{"host":"inner"}}', '{"host":"inner"}', "inner", {}, id="a label inside"),
        pytest.param('{"a":1}', '{"a":1}', "", {"a": "1"}, id="nothing wrapped"),
    ],
)
def test_wrapped_events(parse, line, body, host, attributes):
    [record] = parse(payload(line.encode(), **WRAPPED))
    assert record["body"] == body.encode()
    assert orjson.loads(record["labels"]).get("host", "") == host
    assert record["attributes"] == attributes
