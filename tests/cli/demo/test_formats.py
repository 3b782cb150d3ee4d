"""How the logging libraries spell an event."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest

from prologue.cli.demo.estate import Format
from prologue.cli.demo.formats import Event, spell

AT = np.array([1_795_442_707_123_456_789], dtype=np.int64)
EVENT = Event("warn", "it is late", "main.go:7", {"user": 5, "why": "no reason", "trace_id": "ab"})

LINES: dict[Format, str] = {
    "klog": 'W1123 14:05:07.123456       1 main.go:7] "it is late" user=5 why="no reason" trace_id="ab"',
    "java": "2026-11-23 14:05:07,123 WARN  [main] [ab] main.go:7 - it is late",
    "logfmt": 'time=2026-11-23T14:05:07.123Z level=warn msg="it is late" user=5 why="no reason" trace_id=ab',
    "python": '2026-11-23 14:05:07,123 WARNING  main.go:7: it is late user=5 why="no reason" trace_id=ab',
    "nginx": "2026/11/23 14:05:07 [warn] 1#1: it is late",
}


@pytest.mark.parametrize(("form", "line"), LINES.items(), ids=LINES)
def test_lines(form: Format, line: str) -> None:
    assert spell(AT, [EVENT], form) == [line]


def test_an_access_log_line() -> None:
    fields = {
        "client": "203.0.113.9", "method": "GET", "path": "/x", "status": 200, "bytes": 5,
        "agent": "curl", "seconds": "0.010", "trace_id": "ab",
    }  # fmt: skip
    assert spell(AT, [Event("info", "", "", fields)], "nginx") == [
        '203.0.113.9 - - [23/Nov/2026:14:05:07 +0000] "GET /x HTTP/1.1" 200 5 "-" "curl" rt=0.010 trace=ab'
    ]


@pytest.mark.parametrize(
    ("form", "own"),
    [("json", {"severity": "warn", "level": 40, "time": "2026-11-23T14:05:07.123Z"}),
     ("zap", {"level": "warn", "ts": "2026-11-23T14:05:07.123456Z", "caller": "main.go:7"})],
)  # fmt: skip
def test_json(form: Format, own: dict[str, object]) -> None:
    said = json.loads(spell(AT, [EVENT], form)[0])
    assert said == {**own, "msg": "it is late", **EVENT.fields}


def test_a_stack_trace_follows_its_line() -> None:
    event = Event("error", "failed", "a.B", {}, ("x.Y: z", "\tat a.B.c(B.java:1)"))
    assert spell(AT, [event], "java")[0].splitlines()[1:] == ["x.Y: z", "\tat a.B.c(B.java:1)"]


def test_a_line_for_every_time() -> None:
    times = AT + np.arange(3, dtype=np.int64) * 10**9
    lines = spell(times, [EVENT] * 3, "logfmt")
    assert [re.search(r":(\d\d)\.", line)[1] for line in lines] == ["07", "08", "09"]  # type: ignore[index]
