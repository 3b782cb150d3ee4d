"""JSON lines: parameters as VictoriaLogs documents them, and the cheap check of the first line."""

from __future__ import annotations

import pytest

from prologue.model.errors import PayloadError, UserError
from prologue.receive import jsonlines
from prologue.receive.jsonlines import decode
from prologue.receive.settings import ReceiveSettings

GOOD = b'{"_msg":"hello"}'
SETTINGS = ReceiveSettings()


@pytest.mark.parametrize(
    ("query", "headers", "params", "labels"),
    [
        pytest.param((), {}, {}, {}, id="none: the parser's defaults hold"),
        pytest.param(
            (("_time_field", "ts"), ("_msg_field", "log"), ("_stream_fields", "app")),
            {},
            {"time_field": "ts", "message_field": "log", "stream_fields": "app"},
            {},
            id="all three",
        ),
        pytest.param(
            (("_msg_field", "message, log.text ,"),),
            {},
            {"message_field": "message,log.text"},
            {},
            id="alternatives",
        ),
        pytest.param((), {"vl-time-field": "ts"}, {"time_field": "ts"}, {}, id="as a header"),
        pytest.param(
            (("_time_field", "a"),),
            {"vl-time-field": "b"},
            {"time_field": "a"},
            {},
            id="the URL has priority",
        ),
        pytest.param(
            (("extra_fields", "env=prod,region=eu=1"),),
            {},
            {},
            {"env": "prod", "region": "eu=1"},
            id="extra fields",
        ),
    ],
)
def test_parameters(make_push, query, headers, params, labels):
    (payload,) = decode(make_push(GOOD, query=query, headers=headers), SETTINGS).payloads
    assert (payload.params, payload.labels) == (params, labels)


@pytest.mark.parametrize(
    ("query", "message"),
    [
        pytest.param((("_msg_fields", "x"),), "unknown parameter '_msg_fields'", id="misspelt"),
        pytest.param((("debug", "1"),), "unknown parameter 'debug'", id="debug would not store"),
        pytest.param((("_stream_fields", "a,a"),), "twice", id="repeated"),
        pytest.param((("_stream_fields", "a\x00"),), "control", id="NUL"),
        pytest.param((("_stream_fields", "a" * 257),), "256", id="long"),
        pytest.param((("_stream_fields", ",".join(map(str, range(65)))),), "65 names", id="many"),
        pytest.param((("extra_fields", "a"),), "no name=value", id="no pair"),
        pytest.param((("extra_fields", "a.b=1"),), "not a label name", id="bad label name"),
    ],
)
def test_wrong_parameters_say_what_is_wrong(make_push, query, message):
    with pytest.raises(UserError, match=message) as caught:
        decode(make_push(GOOD, query=query), SETTINGS)
    assert caught.value.cure


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b'{"a":1}', id="no newline at the end"),
        pytest.param(b'\n\n  \r\n{"a":1}\r\n', id="blank lines first"),
        pytest.param(b'{"a":1}\nbroken\n', id="a later line is broken"),
        pytest.param(b'broken\n[1]\n {"a":1}\n', id="only a later line is an object"),
        pytest.param(b'{"a":[' + b"[]," * 6_000_000, id="a line too rich to be looked at"),
        pytest.param(b"{broken\n" * jsonlines._MAX_CANDIDATES + b'{"a":1}', id="the search has a bound"),
    ],
)
def test_bodies_with_an_object_are_kept_as_they_are(make_push, body):
    decoded = decode(make_push(body), SETTINGS)
    assert decoded.payloads[0].data == body


@pytest.mark.parametrize(
    ("body", "index", "message"),
    [
        pytest.param(b"", None, "no lines", id="empty"),
        pytest.param(b" \n\t\r\n", None, "no lines", id="blank"),
        pytest.param(b"plain text\n", 0, "first one: .* at column 1", id="text"),
        pytest.param(b'[{"a":1},{"a":2}]', 0, "of type list", id="an array"),
        pytest.param(b'"x"\n1\nnull\n', 0, "of type str", id="scalars"),
        pytest.param(b'{"a":\n1}\n', 0, "first one", id="pretty-printed"),
        pytest.param(b" " * 3_000_000, None, "no lines", id="many blanks"),
        pytest.param(b" " * 3_000_000 + b"x", 0, "first one", id="many blanks before text"),
        pytest.param(b"x\n" + b" \n" * 900_000, 0, "first one", id="many blank lines"),
        pytest.param(b"\x00\xff\xfe", 0, "first one", id="binary"),
    ],
)
def test_bodies_without_an_object_are_refused(make_push, body, index, message):
    with pytest.raises(PayloadError, match=message) as caught:
        decode(make_push(body), SETTINGS)
    assert caught.value.index == index


@pytest.mark.parametrize(("body", "count"), [(b"{}\n{}\n", 2), (b"{}\n{}", 2), (b"{}", 1)])
def test_lines_are_counted(make_push, body, count):
    assert decode(make_push(body), SETTINGS).records == count
