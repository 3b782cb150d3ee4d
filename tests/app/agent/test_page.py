"""The status page: what anybody may put into a log's name is text there."""

from __future__ import annotations

from typing import Any

from prologue.app.agent.page import COLUMNS, cells, page, remarks

SOURCE: dict[str, Any] = {
    "kind": "file",
    "name": "/var/log/<script>.log",
    "state": "active",
    "service": "a&b",
    "service_from": "folder",
    "lag_bytes": 2048,
    "lag_seconds": 1.25,
    "lines": 7,
    "acked_bytes": 100,
    "retries": 2,
    "error": "not taken <yet>",
}
SNAPSHOT: dict[str, Any] = {
    "agent": "x",
    "destination": {
        "url": "http://l",
        "protocol": "loki",
        "tenant": "t",
        "shipped_payloads": 1,
        "shipped_bytes": 5,
        "retries": 0,
        "refused_payloads": 0,
        "waiting_payloads": 0,
        "last_error": "away",
    },
    "limited": [{"service": "noisy", "bytes_per_second": 1024, "waited_seconds": 3.5}],
    "problems": ["no inotify"],
    "sources": [SOURCE],
}


def test_everything_is_escaped() -> None:
    text = page(SNAPSHOT)
    assert "<script>" not in text
    assert "/var/log/&lt;script&gt;.log" in text
    assert "a&amp;b (folder)" in text
    assert "not taken &lt;yet&gt;" in text


def test_a_source_has_every_column() -> None:
    row = dict(zip(COLUMNS, cells(SOURCE), strict=True))
    assert (row["behind"], row["lines"], row["retried"]) == ("1.2 s", "7", "2")
    assert row["service"] == "a&b (folder)"


def test_what_is_wrong_and_what_waits_is_told() -> None:
    told = remarks(SNAPSHOT)
    assert told[:2] == ["no inotify", "away"]
    assert "noisy is limited to 1KiB/s and waited 3.5 s" in told[2]
