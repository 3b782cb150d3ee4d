"""Framings taken apart without the engine: the same lines, times and attributes that the engine finds."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prologue.model.payload import Payload, PayloadFormat
from prologue.ship.unwrap import Records, to_ns, unwrap

READ = 1_700_000_000_000_000_000
T = "2026-01-02T03:04:05.000000006Z"
T_NS = 1_767_323_045_000_000_006


def records(data: bytes, framing: str = "", **changes: Any) -> Records:
    params = {"framing": framing} if framing else {}
    return unwrap(Payload("t", PayloadFormat.LINES, data, READ, {}, params, **changes))


def test_plain_lines_have_the_time_they_were_read() -> None:
    found = records(b"one\r\ntwo\n\nthr\xffee")
    assert found.bodies == ["one", "two", "thr\ufffdee"]
    assert found.times == [READ, READ + 1, READ + 2]
    assert found.attributes == [{}, {}, {}]


def test_cri() -> None:
    data = f"{T} stdout F hello\n{T} stderr F \n{T} stdout F\nnot of it\n{T} stdout F:x tagged\n".encode()
    found = records(data, "cri")
    assert found.bodies == ["hello", "", "", "not of it", "tagged"]
    assert found.times[:3] == [T_NS, T_NS, T_NS]
    assert found.times[3] == READ + 3
    assert [a.get("stream") for a in found.attributes] == ["stdout", "stderr", "stdout", None, "stdout"]
    assert found.attributes[3] == {"__error__": "CRIParserErr"}


def test_cri_pieces_of_both_streams_are_put_together() -> None:
    data = (
        f"{T} stdout P one \n{T} stderr P er\n{T} stdout P two \n{T} stderr F ror\n{T} stdout F three\n"
        f"{T} stdout F next\n{T} stdout P open\n"
    ).encode()
    found = records(data, "cri")
    assert found.bodies == ["error", "one two three", "next", "open"]
    assert [a["stream"] for a in found.attributes] == ["stderr", "stdout", "stdout", "stdout"]


def docker(log: str, stream: str = "stdout", time: str = T) -> bytes:
    return json.dumps({"log": log, "stream": stream, "attrs": {"x": "y"}, "time": time}).encode() + b"\n"


def test_docker() -> None:
    found = records(
        docker("a\n") + docker("b \u00e9\r\n", "stderr") + docker("pie") + docker("ces\n"), "docker"
    )
    assert found.bodies == ["a", "b \u00e9", "pieces"]
    assert [a["stream"] for a in found.attributes] == ["stdout", "stderr", "stdout"]
    assert found.times == [T_NS] * 3


def test_docker_lines_that_are_none_are_kept_beside_good_ones() -> None:
    found = records(docker("a\n") + b'{"log":"cut' + b"\n" + b"text\n" + docker("b\n"), "docker")
    assert found.bodies == ["a", '{"log":"cut', "text", "b"]
    assert found.attributes[1] == {"__error__": "DockerParserErr"}


def test_journal() -> None:
    entry = {
        "__REALTIME_TIMESTAMP": "1700000000123456",
        "MESSAGE": "started",
        "PRIORITY": "3",
        "_SYSTEMD_UNIT": "a.service",
        "__CURSOR": "s=1",
        "EMPTY": "",
        "BLOB": [104, 105],
    }
    binary = {"MESSAGE": [255, 65], "__REALTIME_TIMESTAMP": "1"}
    found = records(b"".join(json.dumps(e).encode() + b"\n" for e in (entry, binary)) + b"junk\n", "journal")
    assert found.bodies == ["started", "\ufffdA", "junk"]
    assert found.times == [1_700_000_000_123_456_000, 1000, READ + 2]
    assert found.severities == [17, 0, 0]
    assert found.attributes[0] == {"_SYSTEMD_UNIT": "a.service", "BLOB": "hi"}
    assert found.attributes[2] == {"__error__": "JournalParserErr"}


def test_json_lines() -> None:
    data = b'{"_msg":"m","_time":"%s","n":5,"o":{"p":true}}\n[1]\n' % T.encode()
    found = unwrap(Payload("t", PayloadFormat.JSON_LINES, data, READ))
    assert found.bodies == ["m", "[1]"]
    assert found.attributes == [{"n": "5", "o.p": "true"}, {"__error__": "JSONParserErr"}]
    assert found.times[0] == T_NS


@pytest.mark.parametrize("framing", ["plain", "cri", "docker", "journal", "unheard of"])
@settings(max_examples=200, deadline=None)
@given(data=st.binary(max_size=200))
def test_any_bytes_become_columns_of_one_length(framing: str, data: bytes) -> None:
    found = records(data, framing)
    assert len({len(found.times), len(found.bodies), len(found.attributes), len(found.severities)}) == 1
    assert all(time > 0 or time < 0 for time in found.times)


LINE = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\n\r"), max_size=20)


@settings(max_examples=200, deadline=None)
@given(lines=st.lists(st.tuples(st.sampled_from(["stdout", "stderr"]), LINE), max_size=20))
def test_cri_lines_come_back_as_they_were(lines: list[tuple[str, str]]) -> None:
    data = "".join(f"{T} {stream} F {line}\n" for stream, line in lines).encode()
    found = records(data, "cri")
    assert list(found.bodies) == [line for _, line in lines]
    assert [a["stream"] for a in found.attributes] == [stream for stream, _ in lines]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("2026-01-02T03:04:05Z", 1_767_323_045_000_000_000),
        ("2026-01-02T03:04:05.1Z", 1_767_323_045_100_000_000),
        ("2026-01-02T05:04:05.123456789+02:00", 1_767_323_045_123_456_789),
        ("2026-01-01T21:34:05-05:30", 1_767_323_045_000_000_000),
        ("2026-13-02T03:04:05Z", 0),
        ("2026-01-02T03:04:05.xZ", 0),
        ("", 0),
    ],
)
def test_times(text: str, wanted: int) -> None:
    assert to_ns(text) == wanted


def test_syslog_of_both_formats() -> None:
    data = (
        "h1\t<11>Nov 26 01:02:03 web cron[7]: job done\n"
        f'h1\t<165>1 {T} db postgres 42 ID7 [x@1 a="b"] \ufeffready\n'
        f"h1\t<14>1 {T} - app - - - plain\n"
        "h1\t<30>kernel: local\n"
        "h1\tno priority\n"
    ).encode()
    found = records(data, "syslog")
    assert found.bodies == ["job done", "ready", "plain", "local", "no priority"]
    assert found.severities == [17, 10, 9, 9, 0]
    assert found.times[1] == T_NS
    assert found.attributes[0] == {"host": "web", "appname": "cron", "procid": "7"}
    assert found.attributes[1] == {
        "host": "db",
        "appname": "postgres",
        "procid": "42",
        "msgid": "ID7",
        "structured_data": '[x@1 a="b"]',
    }
    assert found.attributes[3] == {"host": "h1", "appname": "kernel"}
    assert found.attributes[4] == {"__error__": "SyslogParserErr"}
