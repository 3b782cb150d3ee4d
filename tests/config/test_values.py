"""The text of a value, by kind."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prologue.config.schema import Key, schema_of
from prologue.config.settings import Settings
from prologue.config.values import Raw, parse_listen, parse_value, show_value
from prologue.config.yaml_file import read_value


def key(path: str) -> Key:
    found = schema_of(Settings).key(path)
    assert found is not None
    return found


READ = {
    "bool true": ("collect.enabled", "Yes", True),
    "bool false": ("collect.enabled", "0", False),
    "int with separators": ("query.max_series", "20_000", 20000),
    "duration": ("buffer.seal_after", "250ms", 0.25),
    "size": ("buffer.max_bytes", "4GiB", 4 * 1024**3),
    "listen": ("http.listen", " [::1]:0 ", "[::1]:0"),
    "listen or off: off": ("receive.otlp_http_listen", "", ""),
    "choice in any case": ("log.level", "WARNING", "warning"),
    "path": ("data_dir", "/var/lib/prologue", Path("/var/lib/prologue")),
    "list from one text": ("collect.include", "/a/*.log, /b/*.log,", ("/a/*.log", "/b/*.log")),
    "list from elements": ("collect.include", ["/a,b/*.log"], ("/a,b/*.log",)),
    "empty list": ("collect.include", "", ()),
    "map from one text": ("store.retention", "audit=365,debug=3", {"audit": 365, "debug": 3}),
    "map from pairs": ("store.retention", {"audit": "365"}, {"audit": 365}),
}


@pytest.mark.parametrize(("path", "raw", "value"), READ.values(), ids=READ)
def test_read(path: str, raw: Raw, value: Any) -> None:
    assert parse_value(key(path), raw) == value


REFUSED = {
    "bool": ("collect.enabled", "maybe", "write true or false"),
    "int": ("query.max_series", "many", "write it like 5000"),
    "int with a fraction": ("query.max_series", "1.5", "write it like 5000"),
    "too small": ("query.max_series", "0", "the least is 1"),
    "size too small": ("receive.max_body_bytes", "10", "the least is 1KiB"),
    "duration zero": ("buffer.seal_after", "0", "must be more than 0s"),
    "choice": ("log.level", "warn", "did you mean warning?"),
    "choice, nothing near": ("log.format", "xyz", "is not one of text, json"),
    "port missing": ("http.listen", "localhost", "write it like 127.0.0.1:3100"),
    "port too large": ("http.listen", "localhost:70000", "the largest is 65535"),
    "bare IPv6": ("http.listen", "::1:3100", r"\[::1\]:3100"),
    "a URL": ("http.listen", "http://localhost:80", "is not an address"),
    "list for one value": ("http.listen", ["a"], "not a list"),
    "map for one value": ("http.listen", {"a": "b"}, "not a map"),
    "map for a list": ("collect.include", {"a": "b"}, r"write it like \[a, b\]"),
    "list for a map": ("store.retention", ["a"], "write it like {a: 1, b: 2}"),
    "map without =": ("store.retention", "audit", "is not a pair"),
    "map value": ("store.retention", "audit=long", "whole number"),
    "map value too small": ("store.retention", "audit=-1", "the least is 0"),
    "empty path": ("data_dir", " ", "folder's name"),
}


@pytest.mark.parametrize(("path", "raw", "reason"), REFUSED.values(), ids=REFUSED)
def test_refused_with_the_reason(path: str, raw: Raw, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        parse_value(key(path), raw)


@given(st.sampled_from(schema_of(Settings).keys), st.text(max_size=30))
def test_any_text_is_read_or_refused(setting: Key, text: str) -> None:
    try:
        parse_value(setting, text)
    except ValueError as error:
        assert str(error)


@pytest.mark.parametrize("setting", schema_of(Settings).keys, ids=lambda k: k.path)
def test_a_shown_default_reads_back_from_yaml(setting: Key) -> None:
    written = read_value(setting, show_value(setting, setting.default), "test")
    assert parse_value(setting, written) == setting.default


def test_a_secret_is_never_shown() -> None:
    secret = Key("a.token", "str", "", "", secret=True)
    assert show_value(secret, "hunter2") == "***"
    assert show_value(secret, "") == '""'


@pytest.mark.parametrize(
    ("text", "expected"),
    [(":80", ("0.0.0.0", 80)), ("[::]:0", ("::", 0)), ("logs.example.org:3100", ("logs.example.org", 3100))],
)
def test_listen_addresses(text: str, expected: tuple[str, int]) -> None:
    assert parse_listen(text) == expected
