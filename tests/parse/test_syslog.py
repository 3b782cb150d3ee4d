"""Syslog, taken apart in the engine."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from prologue.model.payload import Payload, PayloadFormat

NOW = int(datetime(2026, 11, 26, 1, 0, tzinfo=UTC).timestamp()) * 10**9


def syslog(
    *messages: str, now: int = NOW, zone: str = "UTC", peer: str = "10.0.0.9", **params: str
) -> Payload:
    data = "".join(f"{peer}\t{message}\n" for message in messages).encode()
    found = {"framing": "syslog", "format": "auto", "peer": "address", "time_zone": zone, **params}
    return Payload("default", PayloadFormat.LINES, data, now, {}, found)


def one(records):
    [record] = records
    return record


def test_rfc5424_with_structured_data(parse):
    record = one(
        parse(
            syslog(
                "<165>1 2003-10-11T22:14:15.003Z mymachine.example.com evntslog 42 ID47 "
                '[exampleSDID@32473 iut="3" eventSource="Application" eventID="1011"]'
                '[examplePriority@32473 class="high"] \ufeffAn application event log entry...'
            )
        )
    )
    assert record["labels"] == '{"host":"mymachine.example.com","service_name":"evntslog"}'
    assert record["time"] == "2003-10-11 22:14:15.003000000"
    assert (record["severity_number"], record["severity_text"], record["level"]) == (10, "notice", "info")
    assert record["body"].decode() == "An application event log entry..."
    assert record["attributes"] == {
        "facility": "local4",
        "procid": "42",
        "msgid": "ID47",
        "network_peer_address": "10.0.0.9",
        "exampleSDID_32473_iut": "3",
        "exampleSDID_32473_eventSource": "Application",
        "exampleSDID_32473_eventID": "1011",
        "examplePriority_32473_class": "high",
    }


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"a\"b", 'a"b'),
        (r"a\]b", "a]b"),
        (r"a\\b", r"a\b"),
        (r"a\nb", r"a\nb"),  # RFC 5424 6.3.3: a backslash before another character is itself
        (r"\\\"", '\\"'),
        ("x=y [z", "x=y [z"),
        ("\u00fc", "\u00fc"),
    ],
)
def test_escapes_in_structured_data(parse, written, read):
    record = one(parse(syslog(f'<14>1 - h a - - [s@1 p="{written}" q="2"] m')))
    assert (record["attributes"]["s_1_p"], record["attributes"]["s_1_q"], record["body"]) == (read, "2", b"m")


@pytest.mark.parametrize(
    ("written", "read"), [("m", "m"), (" m", "m"), ("   m", "   m"), ("", ""), ("\ufeff m", " m")]
)
def test_the_blank_that_rsyslog_adds(parse, written, read):
    assert one(parse(syslog(f"<14>1 - h a - - - {written}")))["body"].decode() == read


def test_absent_fields_of_rfc5424(parse):
    record = one(parse(syslog("<14>1 - - - - - -")))
    assert record["labels"] == '{"host":"10.0.0.9","service_name":"unknown_service"}'
    assert record["body"] == b""
    assert record["time"].startswith("2026-11-26 01:00:00")
    assert record["attributes"] == {"facility": "user", "network_peer_address": "10.0.0.9"}


RFC3164 = {
    "rfc example": (
        "<34>Oct 11 22:14:15 mymachine su: 'su root' failed",
        "mymachine",
        "su",
        "",
        "'su root' failed",
    ),
    "process id": ("<13>Nov 25 10:00:00 web1 nginx[77]: up", "web1", "nginx", "77", "up"),
    "no host": ("<13>Nov 25 10:00:00 root: hello", "10.0.0.9", "root", "", "hello"),
    "day of one digit": ("<13>Nov  5 10:00:00 web1 cron[1]: ran", "web1", "cron", "1", "ran"),
    "iso time": ("<13>2026-11-25T10:00:00.123456+00:00 web1 app[9]: iso", "web1", "app", "9", "iso"),
    "address as host": ("<13>Nov 25 10:00:00 2001:db8::1 app: six", "2001:db8::1", "app", "", "six"),
    "no tag": ("<13>Nov 25 10:00:00 web1 just some words", "web1", "unknown_service", "", "just some words"),
    "no time": ("<13>only: a message", "10.0.0.9", "unknown_service", "", "only: a message"),
    "no time, a process": ("<30>dockerd[12]: started", "10.0.0.9", "dockerd", "12", "started"),
    "cisco ios": (
        "<189>45: *Nov 25 10:00:00.123: %SYS-5-CONFIG_I: by x",
        "10.0.0.9",
        "%SYS-5-CONFIG_I",
        "",
        "by x",
    ),
    "cisco asa": ("<166>Nov 25 2026 10:00:00 fw : %ASA-6-302013: Built", "fw", "%ASA-6-302013", "", "Built"),
    "colon in text": ("<13>Nov 25 10:00:00 web1 a: b: c", "web1", "a", "", "b: c"),
    "spaces kept": ("<13>Nov 25 10:00:00 web1 a:   b ", "web1", "a", "", "  b "),
}


@pytest.mark.parametrize("name", RFC3164)
def test_rfc3164(parse, name):
    message, host, app, procid, body = RFC3164[name]
    record = one(parse(syslog(message)))
    assert record["labels"] == f'{{"host":"{host}","service_name":"{app}"}}'.replace("/", "\\/")
    assert (record["body"].decode(), record["attributes"].get("procid", "")) == (body, procid)
    assert "__error__" not in record["attributes"]


def at(*moment: int) -> int:
    return int(datetime(*moment, tzinfo=UTC).timestamp()) * 10**9  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("arrival", "stamp", "zone", "time"),
    [
        (at(2027, 1, 1, 0, 0, 5), "Dec 31 23:59:59", "UTC", "2026-12-31 23:59:59"),
        (at(2026, 12, 31, 23, 59, 58), "Jan  1 00:00:01", "UTC", "2027-01-01 00:00:01"),
        (at(2027, 1, 1, 4, 0, 0), "Dec 31 23:00:00", "America/New_York", "2027-01-01 04:00:00"),
        (at(2026, 12, 31, 16, 0, 0), "Jan  1 00:00:00", "Asia/Shanghai", "2026-12-31 16:00:00"),
        (at(2026, 7, 1, 12, 0, 0), "Jul  1 14:00:00", "Europe/Berlin", "2026-07-01 12:00:00"),
        (at(2028, 3, 1, 0, 0, 0), "Feb 29 12:00:00", "UTC", "2028-02-29 12:00:00"),
        (at(2026, 11, 26, 1, 0, 0), "Dec 25 00:00:00", "UTC", "2025-12-25 00:00:00"),
    ],
)
def test_the_year_that_rfc3164_does_not_say(parse, arrival, stamp, zone, time):
    record = one(parse(syslog(f"<13>{stamp} h a: m", now=arrival, zone=zone)))
    assert record["time"] == f"{time}.000000000"


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("no priority here", "the message does not begin with a priority"),
        ("<192>1 - - - - - -", "the priority is over 191"),
        ("<14>1 2026-11-25T10:00:00Z host", "the header of RFC 5424 breaks off"),
        ('<14>1 - h a - - [x@1 y="z] m', "the structured data of RFC 5424 are malformed"),
        ("<14>1 - h a - - nil m", "the structured data of RFC 5424 are malformed"),
        ("<>", "the message does not begin with a priority"),
    ],
)
def test_what_is_no_syslog_is_kept_whole(parse, message, reason):
    bad, good = parse(syslog(message, "<14>1 - h a - - - good"))
    assert bad["body"].decode() == message
    assert bad["attributes"]["__error__"] == "SyslogParserErr"
    assert bad["attributes"]["__error_details__"] == reason
    assert bad["attributes"]["network_peer_address"] == "10.0.0.9"
    assert good["body"] == b"good"


def test_several_lines_in_one_message(parse):
    record = one(parse(syslog(r"<14>1 - h a - - - one\ntwo \\n \\\nthree", escaped="true")))
    assert record["body"].decode() == "one\ntwo \\n \\\nthree"


def test_the_local_socket_names_no_address(parse):
    record = one(parse(syslog("<13>Nov 25 10:00:00 root: hello", peer="thishost", **{"peer_": ""})))
    assert "thishost" in record["labels"]
    local = syslog("<13>Nov 25 10:00:00 root: hello", peer="thishost")
    local = Payload(local.tenant, local.format, local.data, NOW, {}, {**local.params, "peer": "host"})
    assert one(parse(local))["attributes"] == {"facility": "user"}


@pytest.mark.parametrize(("form", "body"), [("rfc3164", "1 - h a - - - m"), ("rfc5424", "m")])
def test_the_format_can_be_said(parse, form, body):
    assert one(parse(syslog("<14>1 - h a - - - m", format=form)))["body"].decode() == body


def test_every_severity_and_facility(parse):
    records = parse(syslog(*(f"<{pri}>1 - h a - - - {pri:03}" for pri in range(192))))
    assert [r["severity_number"] for r in records[:8]] == [21, 19, 18, 17, 13, 10, 9, 5]
    assert [r["level"] for r in records[:8]] == [
        "fatal",
        "error",
        "error",
        "error",
        "warn",
        "info",
        "info",
        "debug",
    ]
    assert len({r["attributes"]["facility"] for r in records}) == 24
    assert records[191]["attributes"]["facility"] == "local7"
