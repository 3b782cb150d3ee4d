"""Text lines of many senders in one job: every line once, with its sender's labels, in order."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prologue.model.payload import Payload, PayloadFormat

NOW = 1_795_800_000_000_000_000


def payload(data: bytes, app: str = "a", tenant: str = "default", **params: str) -> Payload:
    return Payload(tenant, PayloadFormat.LINES, data, NOW, {"app": app}, params)


def test_lines_keep_their_sender_and_order(parse):
    records = parse(
        payload(b"one\ntwo\r\n\nthree"),
        payload(b"four\n", app="b", tenant="t2"),
        payload(b"five\nsix\n", app="c"),
    )
    found = [(r["tenant"], orjson.loads(r["labels"])["app"], r["body"]) for r in records]
    assert sorted(found) == [
        ("default", "a", b"one"),
        ("default", "a", b"three"),
        ("default", "a", b"two"),
        ("default", "c", b"five"),
        ("default", "c", b"six"),
        ("t2", "b", b"four"),
    ]
    times = {r["body"]: r["time"] for r in records}
    assert times[b"one"] < times[b"two"] < times[b"three"]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.binary(min_size=1, max_size=60), min_size=1, max_size=6))
def test_any_bytes_in_any_cut_are_kept(parse, chunks):
    records = parse(*(payload(chunk, app=f"app{place}") for place, chunk in enumerate(chunks)))
    expected = [
        (f"app{place}", kept)
        for place, chunk in enumerate(chunks)
        for line in chunk.split(b"\n")
        if (kept := line.rstrip(b"\r\n"))
    ]
    found = [(orjson.loads(r["labels"])["app"], r["body"]) for r in records]
    assert sorted(found) == sorted(expected)


@pytest.mark.parametrize(
    ("line", "zone", "expected"),
    [
        ("2026-11-23 10:00:00,123 ERROR boom", "Asia/Shanghai", "2026-11-23 02:00:00.123"),
        ("2026-11-23T10:00:00.5Z x", "Asia/Shanghai", "2026-11-23 10:00:00.500"),
        ("[2026-11-23T10:00:00+02:00] x", "UTC", "2026-11-23 08:00:00.000"),
        ("<34>Nov  3 04:05:06 host app: x", "UTC", "-11-03 04:05:06.000"),
        ("no time here 2026-11-23 10:00:00", "UTC", "2026-11-27 17:20:00.000"),
        ("9999-99-99 99:99:99 x", "UTC", "2026-11-27 17:20:00.000"),
    ],
)
def test_leading_times(parse, line, zone, expected):
    [record] = parse(payload(line.encode(), timestamp="detect", time_zone=zone))
    assert expected in record["time"]
    assert record["body"] == line.encode()


@pytest.mark.parametrize(
    ("line", "level"),
    [
        ("level=warn msg=x", "warn"),
        ('{"lvl":"ERROR","msg":"info"}', "error"),
        ("2026-11-23 10:00:00 [main] ERROR com.x.Y - failed", "error"),
        ("[info] started", "info"),
        ("\x1b[32mINFO\x1b[0m coloured", "info"),
        ("12:00 \x1b[1;31mERROR \x1b[0m coloured", "error"),
        ("DEBUG: x", "debug"),
        ("panic: runtime error", "fatal"),
        ("<critical> x", "critical"),
        ("severity: NOTICE", "info"),
        ('E1123 13:45:23.419447 1 checkout.go:164] "Order lost"', "error"),
        ("I1123 13:45:23.419447 1 checkout.go:164] started", "info"),
        ("the informational terror of warnings", "unknown"),
        ("x" * 300 + " ERROR", "unknown"),
    ],
)
def test_levels_by_text(parse, line, level):
    [record] = parse(payload(line.encode()))
    assert record["level"] == level
