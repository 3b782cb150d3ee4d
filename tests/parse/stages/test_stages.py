# ruff: noqa: E501  (tables read better a case a line)
"""What each stage finds in a line: tables of stage, line, and the attributes that come out."""

from __future__ import annotations

from typing import Any

import pytest

from tests.parse.stages.conftest import Run

# Stages, line, attributes.
FOUND: list[tuple[str, str, str, dict[str, str]]] = [
    ("json", "- json", '{"a":"1","n":2,"t":true,"z":null,"e":""}', {"a": "1", "n": "2", "t": "true"}),
    ("json nested", "- json", '{"a":{"b":{"c":"d"}},"l":[1,2]}', {"a.b.c": "d", "l": "[1,2]"}),
    ("json separator", "- json: {separator: _, prefix: p_}", '{"a":{"b":1}}', {"p_a_b": "1"}),
    (
        "json fields",
        "- json: {fields: {who: 'user.name', first: 'tags[0]'}}",
        '{"user":{"name":"x"},"tags":["a","b"]}',
        {"who": "x", "first": "a"},
    ),
    (
        "json of a field",
        "- json\n- json: {source: inner}",
        '{"inner":"{\\"k\\":1}"}',
        {"inner": '{"k":1}', "k": "1"},
    ),
    ("json empty object", "- json", "{}", {}),
    ("logfmt", "- logfmt", 'a=1 b="two words" c="q\\"q" d=', {"a": "1", "b": "two words", "c": 'q"q'}),
    ("kv", "- kv: {between: ':', pairs: '|'}", "a:1|b:x y", {"a": "1", "b": "x y"}),
    (
        "kv prefix",
        "- kv: {between: ':', pairs: ',;', prefix: h.}",
        "a:1,b:2;c:3",
        {"h.a": "1", "h.b": "2", "h.c": "3"},
    ),
    ("regex", r"- regex: '^(?P<verb>\w+) (?P<path>\S+)'", "GET /x y", {"verb": "GET", "path": "/x"}),
    (
        "regex, unnamed groups do not capture",
        r"- regex: '^(GET|PUT) (?P<path>\S+)( [(].*)?$'",
        "PUT /y (z)",
        {"path": "/y"},
    ),
    ("regex, first that matches", r"- regex: ['^a=(?P<a>\d+)$', '^b=(?P<b>\d+)$']", "b=7", {"b": "7"}),
    ("grok", "- grok: '^%{IP:client.address} %{INT:n:int}$'", "::1 +07", {"client.address": "::1", "n": "7"}),
    ("grok, first that matches", "- grok: ['^%{INT:a}$', '^%{WORD:b}$']", "x", {"b": "x"}),
    ("grok, one field in two branches", "- grok: '^(?:a=%{INT:v}|b=%{WORD:v})$'", "b=x", {"v": "x"}),
    (
        "grok, own pattern and the old names",
        "- grok: {pattern: '%{A} %{COMMONAPACHELOG}', definitions: {A: '(?<a>.)'}, vocabulary: legacy}",
        'x ::1 - - [10/Oct/2026:13:55:36 -0700] "GET / HTTP/1.1" 200 -',
        {
            "a": "x",
            "clientip": "::1",
            "ident": "-",
            "auth": "-",
            "timestamp": "10/Oct/2026:13:55:36 -0700",
            "verb": "GET",
            "request": "/",
            "httpversion": "1.1",
            "response": "200",
        },
    ),
    ("rename", "- logfmt\n- rename: {a: b}", "a=1 c=2", {"b": "1", "c": "2"}),
    ("rename in a circle", "- logfmt\n- rename: {a: t, b: a, t: b}", "a=1 b=2", {"a": "2", "b": "1"}),
    ("copy", "- logfmt\n- copy: {a: b}", "a=1", {"a": "1", "b": "1"}),
    ("copy of what is not there", "- logfmt\n- copy: {x: a}", "a=1", {"a": "1"}),
    ("remove", "- logfmt\n- remove: [a, 'tmp_*']", "a=1 tmp_x=2 b=3", {"b": "3"}),
    (
        "remove, then found again",
        "- logfmt\n- remove: a\n- regex: 'b=(?P<a>.)'",
        "a=1 b=3",
        {"a": "3", "b": "3"},
    ),
    ("when", "- logfmt\n- remove: {fields: [a], when: 'b=\"1\"'}", "a=1 b=2", {"a": "1", "b": "2"}),
    ("when it holds", "- logfmt\n- remove: {fields: [a], when: 'b=\"1\"'}", "a=1 b=1", {"b": "1"}),
]


@pytest.mark.parametrize(("stages", "line", "attributes"), [c[1:] for c in FOUND], ids=[c[0] for c in FOUND])
def test_found(run: Run, stages: str, line: str, attributes: dict[str, str]) -> None:
    (row,) = run(stages, line)
    assert row["attributes"] == attributes
    assert row["body"] == line.encode()


# Stages, line, kind of error.
FAILED = [
    ("json", "- json", "no json", "JSONParserErr"),
    ("json array", "- json", "[1]", "JSONParserErr"),
    ("logfmt", "- logfmt", "no pairs here", "LogfmtParserErr"),
    ("logfmt strict", "- logfmt: {strict: true}", 'a=1 b"c', "LogfmtParserErr"),
    ("kv", "- kv", "nothing", "KeyValueParserErr"),
    ("regex", "- regex: '(?P<a>x)'", "y", "RegexParserErr"),
    ("timestamp", "- logfmt\n- timestamp: {source: t}", "t=soon", "TimestampErr"),
]


@pytest.mark.parametrize(("stages", "line", "kind"), [c[1:] for c in FAILED], ids=[c[0] for c in FAILED])
def test_failed_lines_are_kept_whole(run: Run, stages: str, line: str, kind: str) -> None:
    (row,) = run(stages + "\n- copy: {nothing: body}\n- labels: {set: {reached: the-end}}", line)
    assert row["body"] == line.encode()
    assert row["attributes"]["__error__"] == kind
    assert row["attributes"]["__error_details__"].startswith("t, stage ")
    assert "reached" not in row["labels"]


def test_on_error(run: Run) -> None:
    lines = ["a=1", "word"]
    kept = run("- logfmt", *lines)
    assert [row["attributes"].get("__error__") for row in kept] == [None, "LogfmtParserErr"]
    followed = run("- logfmt: {on_error: continue}\n- labels: {set: {end: 'yes'}}", *lines)
    assert ["end" in row["labels"] for row in followed] == [True, True]
    assert "__error__" not in followed[1]["attributes"]
    assert [row["body"] for row in run("- logfmt: {on_error: drop}", *lines)] == [b"a=1"]


# Timestamp's settings, text, time; None: that of arrival.
TIMES: list[tuple[str, str, str | None]] = [
    ("format: rfc3339", "2026-11-20T10:00:00.123456789Z", "2026-11-20T10:00:00.123456789Z"),
    ("format: rfc3339", "2026-11-20T10:00:00+08:00", "2026-11-20T02:00:00.000000000Z"),
    ("format: rfc3339", "Nov 20 10:00:00", None),
    ("format: iso8601, zone: Asia/Shanghai", "2026-11-20 10:00:00,5", "2026-11-20T02:00:00.500000000Z"),
    ("format: unix", "1795000000", "2026-11-18T11:06:40.000000000Z"),
    ("format: unix", "1795000000.25", "2026-11-18T11:06:40.250000000Z"),
    ("format: unix_ms", "1795000000123", "2026-11-18T11:06:40.123000000Z"),
    ("format: unix_us", "1795000000123456", "2026-11-18T11:06:40.123456000Z"),
    ("format: unix_ns", "1795000000123456789", "2026-11-18T11:06:40.123456789Z"),
    ("format: unix", "99999999999999999999", None),
    ("format: '%Y-%m-%d %H:%M:%S'", "2026-11-20 10:00:00", "2026-11-20T10:00:00.000000000Z"),
    ("format: '%d/%b/%Y:%H:%M:%S %z'", "20/Nov/2026:10:00:00 +0530", "2026-11-20T04:30:00.000000000Z"),
    ("format: '%Y-%m-%d %H:%M:%S.%f'", "2026-11-20 10:00:00.25", "2026-11-20T10:00:00.250000000Z"),
    ("format: '%m/%d/%y %I:%M %p'", "11/20/26 03:30 PM", "2026-11-20T15:30:00.000000000Z"),
    ("format: '%m/%d/%y %I:%M %p'", "11/20/26 12:30 AM", "2026-11-20T00:30:00.000000000Z"),
    ("format: '2006-01-02 15:04:05'", "2026-11-20 10:00:00.75", "2026-11-20T10:00:00.750000000Z"),
    (
        "format: 'Mon, 02 Jan 2006 15:04:05 MST'",
        "Fri, 20 Nov 2026 10:00:00 GMT",
        "2026-11-20T10:00:00.000000000Z",
    ),
    ("format: 'Jan _2 15:04:05'", "Nov  7 10:00:00", "2026-11-07T10:00:00.000000000Z"),
    ("format: rfc3164", "Dec 31 23:59:59", "2025-12-31T23:59:59.000000000Z"),
    ("format: rfc3164", "Nov 28 10:00:00", "2026-11-28T10:00:00.000000000Z"),
    ("format: '%b %d %H:%M:%S', zone: America/New_York", "Nov 20 10:00:00", "2026-11-20T15:00:00.000000000Z"),
    ("format: '%H:%M:%S'", "10:00:00", "2026-11-27T10:00:00.000000000Z"),
    ("format: '15:04:05'", "14:00:00.5", "2026-11-27T14:00:00.500000000Z"),
    ("format: '%Y-%m-%d'", "2026-02-31", None),
    ("formats: [unix, rfc3164, '%Y']", "", None),
    ("formats: [unix, common_log, rfc3164]", "Nov 20 10:00:00", "2026-11-20T10:00:00.000000000Z"),
    ("format: auto", "Fri, 20 Nov 2026 10:00:00 GMT", "2026-11-20T10:00:00.000000000Z"),
]
TIMES = [case for case in TIMES if "'%Y']" not in case[0]]


@pytest.mark.parametrize(("settings", "text", "time"), TIMES, ids=[f"{c[0]} {c[1]}" for c in TIMES])
def test_timestamp(run: Run, settings: str, text: str, time: str | None) -> None:
    (row,) = run(f"- regex: '^t=(?P<t>.*)$'\n- timestamp: {{source: t, {settings}}}", f"t={text}")
    assert row["time"] == time
    assert ("__error__" in row["attributes"]) == (time is None)


def test_an_absent_time_is_no_error(run: Run) -> None:
    (row,) = run("- logfmt\n- timestamp: {source: nothing}", "a=1")
    assert (row["time"], row["attributes"]) == (None, {"a": "1"})


LEVELS = [("severity: l", "l=WARNING", "warn"), ("severity: l", "l=E", "error"), ("severity: l", "l=odd", "unknown"),
          ("severity: {source: l, map: {S1: critical, s2: info}}", "l=s1", "critical"),
          ("severity: {source: l, map: {S1: critical, s2: info}}", "l=S2", "info"),
          ("severity: {source: l, map: {S1: critical}}", "l=debug", "debug")]  # fmt: skip


@pytest.mark.parametrize(("stage", "line", "level"), LEVELS)
def test_severity(run: Run, stage: str, line: str, level: str) -> None:
    assert run(f"- logfmt\n- {stage}", line)[0]["level"] == level


# Settings, line, labels that the line has beside service_name.
LABELS: list[tuple[str, str, dict[str, str]]] = [
    ("[env]", "env=prod a=1", {"app": "x", "env": "prod"}),
    ("[env]", "a=1", {"app": "x"}),
    ("{promote: [k8s.pod]}", "k8s.pod=p1", {"app": "x", "k8s_pod": "p1"}),
    ("{rename: {app: application}}", "a=1", {"application": "x"}),
    ("{set: {team: core}}", "a=1", {"app": "x", "team": "core"}),
    ("{remove: [app]}", "a=1", {}),
    ("{promote: [app]}", "app=other", {"app": "other"}),
]


@pytest.mark.parametrize(("settings", "line", "labels"), LABELS)
def test_labels(run: Run, settings: str, line: str, labels: dict[str, str]) -> None:
    import orjson

    from prologue.model.labels import canonical

    (row,) = run(f"- logfmt\n- labels: {settings}", line)
    found: dict[str, Any] = orjson.loads(row["labels"])
    assert row["labels"] == canonical(found)
    assert {k: v for k, v in found.items() if k != "service_name"} == labels


def test_a_promoted_field_is_no_attribute_any_more(run: Run) -> None:
    assert run("- logfmt\n- labels: [env]", "env=prod a=1")[0]["attributes"] == {"a": "1"}


# Condition, lines that stay of these.
LINES = (
    "status=200 path=/healthz took=1s size=3kB ip=10.0.0.7",
    "status=503 path=/pay took=90ms size=2MB",
    "word",
)
DROPS = [
    ("'|= \"healthz\"'", [1, 2]),
    ("'status >= 500'", [0, 2]),
    ("'status=\"200\" or status=\"503\"'", [2]),
    ("'path =~ \"/pa.*\"'", [0, 2]),
    ("'took > 500ms'", [1, 2]),
    ("'size > 1MB'", [0, 2]),
    ("'ip = ip(\"10.0.0.0/8\")'", [1, 2]),
    ("'status != \"200\" != \"word\"'", [0, 2]),
    ("'app=\"x\"'", []),
    ("'(status > 100 and path=\"/pay\") or status < 300'", [2]),
]  # fmt: skip


@pytest.mark.parametrize(("condition", "stay"), DROPS)
def test_drop(run: Run, condition: str, stay: list[int]) -> None:
    rows = run(f"- logfmt: {{on_error: continue}}\n- drop: {condition}", *LINES)
    assert [row["body"].decode() for row in rows] == [LINES[number] for number in stay]


def test_a_replaced_body_keeps_what_it_was(run: Run) -> None:
    line = '{"msg":"hello"}'
    (row,) = run("- json\n- rename: {msg: body}", line)
    assert (row["body"], row["attributes"]) == (b"hello", {"original_body": line})
    (row,) = run("name: t\nkeep_original: false\nstages:\n- json\n- rename: {msg: body}", line)
    assert (row["body"], row["attributes"]) == (b"hello", {})
