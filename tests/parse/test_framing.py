"""What container runtimes and the journal wrap around a line."""

from __future__ import annotations

import json

import pytest

from prologue.model.payload import Payload, PayloadFormat

NOW = 1_795_800_000_000_000_000


def lines(framing: str, data: bytes, app: str = "a") -> Payload:
    return Payload("default", PayloadFormat.LINES, data, NOW, {"app": app}, {"framing": framing})


def test_docker_pieces_are_joined_by_stream(parse):
    records = parse(
        lines(
            "docker",
            b'{"log":"one ","stream":"stdout","time":"2026-11-23T10:00:00.1Z"}\n'
            b'{"log":"err\\n","stream":"stderr","time":"2026-11-23T10:00:00.15Z"}\n'
            b'{"log":"line\\n","stream":"stdout","time":"2026-11-23T10:00:00.2Z"}\n'
            b'{"log":"next\\n","stream":"stdout","attrs":{"tag":"x"},"time":"2026-11-23T10:00:00.3Z"}\n'
            b"broken\n",
        )
    )
    found = {(r["body"], r["attributes"].get("stream"), r["time"][17:21]) for r in records}
    assert found == {
        (b"one line", "stdout", "00.1"),
        (b"err", "stderr", "00.1"),
        (b"next", "stdout", "00.3"),
        (b"broken", None, "00.0"),
    }
    [broken] = [r for r in records if r["body"] == b"broken"]
    assert broken["attributes"]["__error__"] == "DockerParserErr"


def test_docker_without_pieces(parse):
    records = parse(
        lines(
            "docker",
            b'{"log":"a\\n","stream":"stdout","time":"2026-11-23T10:00:00.1Z"}\n'
            b'{"log":"b\\n","stream":"stderr","time":"2026-11-23T10:00:00.2Z"}\n',
        )
    )
    assert [(r["body"], r["attributes"]) for r in records] == [
        (b"a", {"stream": "stdout"}),
        (b"b", {"stream": "stderr"}),
    ]


@pytest.mark.parametrize("ending", [b"\n", b""])
def test_cri_pieces_are_joined(parse, ending):
    records = parse(
        lines(
            "cri",
            b"2026-11-23T10:00:00.1Z stdout P log \n2026-11-23T10:00:00.2Z stderr F other\n"
            b"2026-11-23T10:00:00.3Z stdout F content\n2026-11-23T10:00:00.4Z stdout F \nbad" + ending,
        ),
        lines("cri", b"2026-11-23T10:00:00.1Z stdout F elsewhere\n", app="b"),
    )
    found = {(r["body"], r["time"][11:21]) for r in records}
    assert found == {
        (b"log content", "10:00:00.1"),
        (b"other", "10:00:00.2"),
        (b"", "10:00:00.4"),
        (b"elsewhere", "10:00:00.1"),
        (b"bad", "17:20:00.0"),
    }


def test_cri_without_pieces(parse):
    [record] = parse(lines("cri", b"2026-11-23T10:00:00.1+08:00 stdout F  two  spaces P \n"))
    assert record["body"] == b" two  spaces P "
    assert record["time"] == "2026-11-23 02:00:00.100000000"


def test_journal_entries(parse):
    records = parse(
        lines(
            "journal",
            b'{"MESSAGE":"hello","PRIORITY":"3","__REALTIME_TIMESTAMP":"1795000000000123","_SYSTEMD_UNIT":"x.service",'
            b'"__CURSOR":"s=1"}\n'
            b'{"MESSAGE":[104,105,255],"PRIORITY":"6","__REALTIME_TIMESTAMP":"1795000000000124"}\n'
            b"no json\n",
        )
    )
    assert [(r["body"], r["level"], r["severity_text"], r["attributes"]) for r in records] == [
        (b"hello", "error", "err", {"_SYSTEMD_UNIT": "x.service"}),
        (b"hi\xff", "info", "info", {}),
        (
            b"no json",
            "unknown",
            "",
            {"__error__": "JournalParserErr", "__error_details__": "the line is not an entry of the journal"},
        ),
    ]
    assert records[0]["time"] == "2026-11-18 11:06:40.000123000"


def test_a_journal_entry_belongs_to_its_unit(parse):
    entries = (
        b'{"MESSAGE":"a","_SYSTEMD_UNIT":"nginx.service","SYSLOG_IDENTIFIER":"other"}\n'
        b'{"MESSAGE":"b","SYSLOG_IDENTIFIER":"sudo","_COMM":"x"}\n'
        b'{"MESSAGE":"c","_COMM":"quo\\"te"}\n'
        b'{"MESSAGE":"d"}\n'
    )
    labels = {"source": "journal"}
    records = parse(Payload("t", PayloadFormat.LINES, entries, NOW, labels, {"framing": "journal"}))
    services = [json.loads(r["labels"])["service_name"] for r in records]
    assert services == ["nginx", "sudo", 'quo"te', "unknown_service"]
