# ruff: noqa: E501  (tables read better a case a line)
"""Stages that take text apart by other means than names and values, and those that decide about lines."""

from __future__ import annotations

from collections import Counter

import pytest

from prologue.model.errors import ConfigError
from tests.parse.stages.conftest import Run

FOUND: list[tuple[str, str, str, dict[str, str]]] = [
    ("pattern", "- pattern: '<ip> - <_> [<time>] <rest>'", "1.2.3.4 - ann [now] x y", {"ip": "1.2.3.4", "time": "now", "rest": "x y"}),
    ("pattern, text first", "- pattern: 'user=<user> did <what>.'", "user=ann did it.", {"user": "ann", "what": "it"}),
    ("pattern, letters of several bytes", "- pattern: '用户<user>于<when>'", "用户王于今", {"user": "王", "when": "今"}),
    ("dissect", "- dissect: '%{a} %{b}: %{c}'", "x y: z w", {"a": "x", "b": "y", "c": "z w"}),
    ("dissect padding", "- dissect: '%{a->} %{b}'", "x     y", {"a": "x", "b": "y"}),
    ("dissect append", "- dissect: {pattern: '%{+n/2} %{+n/1} %{x}', append_separator: '-'}", "b a c", {"n": "a-b", "x": "c"}),
    ("dissect skip", "- dissect: '%{?skip} %{} %{c}'", "x y z", {"c": "z"}),
    ("dissect pair", "- dissect: '%{*p}=%{&p};'", "color=red;", {"color": "red"}),
    ("csv", "- csv: [a, b, _, d]", '1,"two, ""2""",3,4', {"a": "1", "b": 'two, "2"', "d": "4"}),
    ("csv tabs", "- csv: {columns: [a, b], separator: \"\\t\", trim: true}", "1\t 2 ", {"a": "1", "b": "2"}),
    ("csv empty", "- csv: [a, b, c]", "1,,3", {"a": "1", "c": "3"}),
    ("xml", "- xml", '<e id="7"><user>a&amp;b</user><ns:n>2</ns:n><c><![CDATA[<x>]]></c></e>', {"e.id": "7", "user": "a&b", "n": "2", "c": "<x>"}),
    ("template", "- logfmt\n- template: {s: '{{.a}}/{{.b | upper}}/{{.c | default \"none\"}}'}", "a=1 b=x", {"a": "1", "b": "x", "s": "1/X/none"}),
    ("template index", "- logfmt\n- template: {s: '{{index . \"a.b\" | trunc 2}}'}", "a.b=xyz", {"a.b": "xyz", "s": "xy"}),
    ("template label", "- template: {s: 'from {{.app}}'}", "x", {"s": "from x"}),
    ("flatten", "- json: {fields: {ctx: c}}\n- flatten: ctx", '{"c":{"a":1,"d":{"e":"f"},"n":null}}', {"ctx.a": "1", "ctx.d.e": "f"}),
    ("flatten all", "- json: {fields: {x: x, y: y}}\n- flatten: {separator: _}", '{"x":{"a":1},"y":2}', {"x_a": "1", "y": "2"}),
    ("labels are no fields of it", "- logfmt\n- flatten", "y=2", {"y": "2"}),
]  # fmt: skip


@pytest.mark.parametrize(("stages", "line", "attributes"), [c[1:] for c in FOUND], ids=[c[0] for c in FOUND])
def test_found(run: Run, stages: str, line: str, attributes: dict[str, str]) -> None:
    (row,) = run(stages, line)
    assert row["attributes"] == attributes
    assert row["body"] == line.encode()


FAILED = [
    ("pattern", "- pattern: '<a> [<b>]'", "x y", "PatternParserErr"),
    ("pattern start", "- pattern: 'x <a>'", "y z", "PatternParserErr"),
    ("dissect", "- dissect: '%{a}|%{b}'", "xy", "DissectParserErr"),
    ("csv", "- csv: [a, b]", "1,2,3", "CsvParserErr"),
    ("xml", "- xml", "no <b", "XmlParserErr"),
    ("syslog", "- syslog", "no", "SyslogParserErr"),
    ("cri", "- cri", "no", "CRIParserErr"),
]


@pytest.mark.parametrize(("stages", "line", "kind"), [c[1:] for c in FAILED], ids=[c[0] for c in FAILED])
def test_failed(run: Run, stages: str, line: str, kind: str) -> None:
    (row,) = run(stages, line)
    assert row["attributes"].pop("__error_details__")
    assert row["attributes"] == {"__error__": kind}
    assert row["body"] == line.encode()


def test_syslog(run: Run) -> None:
    new = '<165>1 2026-11-20T22:14:15.003Z web1 app 123 ID47 [ex@1 a="b\\"c" d="e"][y@2 f="g"] hello there'
    old = "<34>Oct 11 22:14:15 mymachine su[77]: failed"
    bare = "Nov 20 10:00:00 host sshd: ok"
    rows = run("- syslog", new, old, bare)
    assert rows[0]["attributes"] == {
        "hostname": "web1", "appname": "app", "procid": "123", "msgid": "ID47", "message": "hello there",
        "facility": "local4", "ex@1.a": 'b\\"c', "ex@1.d": "e", "y@2.f": "g",
    }  # fmt: skip
    assert (rows[0]["time"], rows[0]["level"]) == ("2026-11-20T22:14:15.003000000Z", "info")
    assert rows[1]["attributes"] == {
        "hostname": "mymachine",
        "appname": "su",
        "procid": "77",
        "message": "failed",
        "facility": "auth",
    }
    assert (rows[1]["time"], rows[1]["level"]) == ("2026-10-11T22:14:15.000000000Z", "error")
    assert (rows[2]["time"], rows[2]["attributes"]["message"]) == ("2026-11-20T10:00:00.000000000Z", "ok")


def test_cri(run: Run) -> None:
    line = "2026-11-20T10:00:00.5Z stderr F hello"
    (row,) = run("- cri", line)
    assert (row["body"], row["time"]) == (b"hello", "2026-11-20T10:00:00.500000000Z")
    assert row["attributes"] == {"stream": "stderr", "original_body": line}


TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
TRACES = [
    ("- trace", f"x 00-{TRACE}-{SPAN}-01 y", TRACE, SPAN),
    ("- logfmt\n- trace", f"traceId={TRACE} spanId={SPAN}", TRACE, SPAN),
    ("- trace", f'failed [trace_id="{TRACE.upper()}", span-id: {SPAN}]', TRACE, SPAN),
    ("- logfmt\n- trace: {trace_id: t}", f"t={SPAN}", "0" * 16 + SPAN, ""),
    ("- logfmt\n- trace: {traceparent: tp}", f"tp=00-{TRACE}-{SPAN}-00 trace_id={SPAN}", TRACE, SPAN),
    ("- trace", "trace_id=" + "0" * 32, "", ""),
    ("- trace", "trace_id=notanid", "", ""),
]


@pytest.mark.parametrize(("stages", "line", "trace", "span"), TRACES)
def test_trace(run: Run, stages: str, line: str, trace: str, span: str) -> None:
    (row,) = run(stages, line)
    assert (row["trace_id"], row["span_id"]) == (trace, span)


SECRETS = [
    ("mail ann.lee+x@example.co.uk now", "mail <email> now"),
    ("card 4111 1111 1111 1111, 5500-0000-0000-0004.", "card <card>, <card>."),
    ("no card 4111 1111 1111 1112", "no card 4111 1111 1111 1112"),
    ("id 11010519491231002X and 110105194912310021", "id <cn_id> and 110105194912310021"),
    ("call 13812345678 or +86 138-1234-5678", "call <cn_phone> or <cn_phone>"),
    ("not a phone 1138123456789", "not a phone 1138123456789"),
    ("t eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.abc-_x z", "t <jwt> z"),
    ("use ghp_" + "a" * 36 + " and AKIAIOSFODNN7EXAMPLE", "use <token> and <token>"),
    ("Authorization: Bearer abcdef123456", "Authorization: Bearer <bearer>"),
    ("password=hunter22&x=1", "password=<secret>&x=1"),
    ('{"api_key": "abcdefgh", "n": 1}', '{"api_key": "<secret>", "n": 1}'),
    ("postgres://app:s3cr3t@db:5432/x", "postgres://app:<url_password>@db:5432/x"),
    ("-----BEGIN RSA PRIVATE KEY-----\\nMIIE\\n-----END RSA PRIVATE KEY----- tail", "<private_key> tail"),
    ("nothing here at 2026-11-20 10:00:00 id=7f3a", "nothing here at 2026-11-20 10:00:00 id=7f3a"),
]  # fmt: skip


@pytest.mark.parametrize(("line", "stored"), SECRETS, ids=[s[1][:30] for s in SECRETS])
def test_redact_finds(run: Run, line: str, stored: str) -> None:
    (row,) = run("- redact", line)
    assert row["body"].decode() == stored
    assert row["attributes"] == {}


def test_redact_reaches_attributes_failed_lines_and_the_original(run: Run) -> None:
    stages = "- logfmt: {on_error: keep}\n- template: {body: '{{.user}}!'}\n- redact: {detect: email}"
    whole, failed = run(stages, "user=ann@example.com x=1", "only ann@example.com")
    assert whole["body"] == b"<email>!"
    assert whole["attributes"] == {"user": "<email>", "x": "1", "original_body": "user=<email> x=1"}
    assert (failed["body"], failed["attributes"]["__error__"]) == (b"only <email>", "LogfmtParserErr")


def test_redact_first_keeps_no_secret_as_original(run: Run) -> None:
    (row,) = run("- redact: {detect: [email]}\n- logfmt\n- rename: {user: body}", "user=a@example.com")
    assert row["attributes"] == {"original_body": "user=<email>"}


def test_redact_actions(run: Run) -> None:
    from prologue.parse.pipelines.document import Surroundings

    keyed = Surroundings(hash_key="0123456789abcdef")
    line = "a@example.com b@example.com a@example.com"
    (hashed,) = run("- redact: {action: hash}", line, surroundings=keyed)
    first, second, third = hashed["body"].decode().split()
    assert first == third != second
    assert first.startswith("<email:")
    (other,) = run("- redact: {action: hash}", line, surroundings=Surroundings(hash_key="another key of 16"))
    assert other["body"] != hashed["body"]
    assert run("- redact: {action: remove}", line)[0]["body"] == b"  "
    assert run("- redact: {mask: XXX}", line)[0]["body"] == b"XXX XXX XXX"
    with pytest.raises(ConfigError, match="hashing needs a key"):
        run("- redact: {action: hash}", line)


def test_redact_own_patterns_and_fields(run: Run) -> None:
    (row,) = run(
        "- logfmt\n- redact: {patterns: {order: 'ord-[0-9]+'}, fields: ['pass*']}",
        "a=ord-17 password=x b=a@b.cd",
    )
    assert row["attributes"] == {"a": "<order>", "password": "<field>", "b": "a@b.cd"}
    assert row["body"] == b"a=<order> password=x b=a@b.cd"


def test_redact_hides_a_whole_line_by_its_name(run: Run) -> None:
    stages = "- logfmt: {on_error: keep}\n- redact: {fields: [body, user]}"
    whole, failed = run(stages, "user=ann x=1", "only ann")
    assert (whole["body"], whole["attributes"]) == (b"<field>", {"user": "<field>", "x": "1"})
    assert (failed["body"], failed["attributes"]["__error__"]) == (b"<field>", "LogfmtParserErr")
    some = "- logfmt\n- redact: {fields: [body], when: 'user=\"ann\"'}"
    assert [row["body"] for row in run(some, "user=ann", "user=bob")] == [b"<field>", b"user=bob"]


def test_redact_hides_what_a_line_was_with_the_line(run: Run) -> None:
    stages = "- logfmt\n- rename: {user: body}\n- redact: {fields: [body]}"
    (row,) = run(stages, "user=ann x=1")
    assert (row["body"], row["attributes"]) == (b"<field>", {"original_body": "<field>", "x": "1"})


def test_redact_says_which_names_are_no_attributes(run: Run) -> None:
    with pytest.raises(ConfigError, match="trace_id is no attribute"):
        run("- redact: {fields: [trace_id]}", "a line")


def test_sample_keeps_a_share_the_same_each_time(run: Run) -> None:
    lines = [f"user=u{n} n={n}" for n in range(2000)]
    first = [row["body"] for row in run("- logfmt\n- sample: 0.1", *lines)]
    assert 120 < len(first) < 280
    assert first == [row["body"] for row in run("- logfmt\n- sample: 0.1", *lines)]
    keyed = run("- logfmt\n- sample: {rate: 50%, key: k}", *[f"k={n % 7} n={n}" for n in range(70)])
    assert set(Counter(row["attributes"]["k"] for row in keyed).values()) == {10}
    assert all(row["attributes"]["sample_rate"] == "0.5" for row in keyed)


def test_sample_keeps_errors_and_what_it_is_told(run: Run) -> None:
    lines = ["level=error a=1", "level=info a=2", "level=info a=3 path=/pay", "word"]
    rows = run("- logfmt\n- sample: {rate: 0, keep: 'path=\"/pay\"'}", *lines)
    assert [row["body"].decode() for row in rows] == [lines[0], lines[2], lines[3]]
    assert (
        run("- logfmt\n- sample: {rate: 0, keep_errors: false, when: 'a != \"3\"'}", *lines)[0]["body"]
        == lines[2].encode()
    )


def test_rate_limit(run: Run) -> None:
    lines = [f"k={n % 2} n={n}" for n in range(10)]
    assert [r["attributes"]["n"] for r in run("- logfmt\n- rate_limit: 3", *lines)] == ["0", "1", "2"]
    keyed = run("- logfmt\n- rate_limit: {lines: 2, key: k, per: 10s}", *lines)
    assert [r["attributes"]["n"] for r in keyed] == ["0", "1", "2", "3"]
    spared = run("- logfmt\n- rate_limit: {lines: 1, when: 'k=\"0\"'}", *lines)
    assert [r["attributes"]["n"] for r in spared] == ["0", "1", "3", "5", "7", "9"]


def test_route(run: Run) -> None:
    rows = run("- logfmt\n- route: {tenant: audit, retention: long, when: 'a=\"1\"'}", "a=1", "a=2")
    assert [row["tenant"] for row in rows] == ["audit", "default"]
    assert ['"retention_class":"long"' in row["labels"] for row in rows] == [True, False]


def test_multiline(run: Run) -> None:
    lines = ["Exception in thread", "  at a.b(C.java:1)", "  at d.e", "", "next INFO", "  more"]
    rows = run("- multiline: '^\\S'", *lines)
    assert [row["body"] for row in rows] == [
        b"Exception in thread\n  at a.b(C.java:1)\n  at d.e",
        b"next INFO\n  more",
    ]
    cut = run("- multiline: {start: '^\\S', max_lines: 2}", *lines)
    assert [row["body"].count(b"\n") for row in cut] == [1, 0, 1]


def test_multiline_by_preset_and_by_continuation(run: Run) -> None:
    lines = ("ERROR x", "Traceback (most recent call last):", "  File y", "my.Gone: z", "INFO next")
    for how in ("{preset: python}", r"{continuation: '^(Traceback|\s|my)'}"):
        assert [row["body"].decode() for row in run(f"- multiline: {how}", *lines)] == [
            "\n".join(lines[:4]),
            "INFO next",
        ]


def test_multiline_then_parsed(run: Run) -> None:
    (row,) = run(
        "- multiline: '^\\['\n- regex: '^\\[(?P<l>\\w+)\\] (?P<first>[^\\n]*)'\n- severity: l",
        "[ERROR] x",
        " at y",
    )
    assert (row["level"], row["attributes"]["first"]) == ("error", "x")
