# ruff: noqa: E501  (a table reads best with a row a line)
"""Which time a line has: by its own words, its source's zone and its arrival."""

from __future__ import annotations

import datetime as dt

import pytest

from prologue.model.payload import Payload, PayloadFormat

ARRIVAL = "2026-11-23T17:00:00"


def unix_ns(text: str) -> int:
    return int(dt.datetime.fromisoformat(f"{text}+00:00").timestamp()) * 10**9


@pytest.mark.parametrize(
    ("line", "zone", "time"),
    [
        pytest.param("2026-11-23 10:00:00,123 x", "UTC", "2026-11-23 10:00:00.123", id="comma"),
        pytest.param("2026-11-23 10:00:00 x", "Europe/Berlin", "2026-11-23 09:00:00.000", id="zone of source"),
        pytest.param("2026-11-23 10:00:00.1 UTC [1] LOG:  x", "Europe/Berlin", "2026-11-23 10:00:00.100", id="postgres"),
        pytest.param("[Mon Nov 23 10:00:00.123456 2026] [core:error]", "UTC", "2026-11-23 10:00:00.123", id="apache"),
        pytest.param("1:M 23 Nov 2026 10:00:00.123 # x", "UTC", "2026-11-23 10:00:00.123", id="redis"),
        pytest.param("[23-Nov-2026 10:00:00 UTC] PHP", "Europe/Berlin", "2026-11-23 10:00:00.000", id="php"),
        pytest.param('10.0.0.1 - me [23/Nov/2026:10:00:00 +0100] "GET /"', "UTC", "2026-11-23 09:00:00.000", id="access log"),
        pytest.param("shop:80 ::1 - - [23/Nov/2026:10:00:00 +0000] x", "UTC", "2026-11-23 10:00:00.000", id="virtual host"),
        pytest.param("E, [2026-11-23T10:00:00.5 #1] ERROR", "UTC", "2026-11-23 10:00:00.500", id="ruby"),
        pytest.param('time="2026-11-23T10:00:00Z" level=x', "UTC", "2026-11-23 10:00:00.000", id="logfmt"),
        pytest.param("<165>1 2026-11-23T10:00:00Z host", "UTC", "2026-11-23 10:00:00.000", id="rfc5424"),
        pytest.param("Nov  3 04:05:06 host x", "UTC", "2026-11-03 04:05:06.000", id="rfc3164"),
        pytest.param("Feb 29 04:05:06 host x", "UTC", "2026-11-23 17:00:00.000", id="no such day: arrival"),
        pytest.param("copied 2026-01-01 00:00:00 files", "UTC", "2026-11-23 17:00:00.000", id="a time in prose"),
    ],
)  # fmt: skip
def test_a_line_begins_with_its_time(parse, line, zone, time):
    params = {"timestamp": "detect", "time_zone": zone}
    [record] = parse(Payload("default", PayloadFormat.LINES, line.encode(), unix_ns(ARRIVAL), {}, params))
    assert record["time"][:23] == time


@pytest.mark.parametrize(
    ("arrival", "line", "zone", "time"),
    [
        pytest.param("2027-01-01T00:00:30", "Dec 31 23:59:10", "UTC", "2026-12-31 23:59:10", id="after New Year"),
        pytest.param("2026-12-31T23:59:30", "Jan  1 00:00:10", "UTC", "2027-01-01 00:00:10", id="a clock ahead"),
        pytest.param("2026-12-31T17:00:00", "Jan  1 01:00:01", "Asia/Shanghai", "2026-12-31 17:00:01", id="east"),
        pytest.param("2026-11-23T17:00:00", "Jan  3 04:00:10", "UTC", "2026-01-03 04:00:10", id="an old file"),
        pytest.param("2026-11-23T17:00:00", "Nov 30 04:00:10", "UTC", "2025-11-30 04:00:10", id="last year's"),
        pytest.param("2025-01-20T17:00:00", "Feb 29 04:00:10", "UTC", "2024-02-29 04:00:10", id="leap day"),
    ],
)  # fmt: skip
def test_a_time_without_a_year_is_the_last_before_its_arrival(parse, arrival, line, zone, time):
    params = {"timestamp": "detect", "time_zone": zone}
    [record] = parse(Payload("default", PayloadFormat.LINES, line.encode(), unix_ns(arrival), {}, params))
    assert record["time"][:19] == time


@pytest.mark.parametrize(
    "text",
    ["99999999999", "12345678901234567890123.5", "9999-12-31T23:59:59Z", "12345678901234567890", "1.7e308"],
)
def test_a_time_beyond_what_can_be_held_stays_an_attribute(parse, text):
    data = b'{"_time":"%s","_msg":"x"}' % text.encode()
    [record] = parse(Payload("default", PayloadFormat.JSON_LINES, data, unix_ns(ARRIVAL)))
    assert (record["time"][:19], record["attributes"]) == ("2026-11-23 17:00:00", {"_time": text})
