"""Which server a client command asks."""

from __future__ import annotations

import pytest

from prologue.cli.options import default_url

URLS = {
    "nothing set": ({}, "http://127.0.0.1:3100"),
    "named": ({"PROLOGUE_URL": "https://logs.example.org"}, "https://logs.example.org"),
    "where `up` listens": ({"PROLOGUE_HTTP__LISTEN": "127.0.0.1:4000"}, "http://127.0.0.1:4000"),
    "every address": ({"PROLOGUE_HTTP__LISTEN": "0.0.0.0:4000"}, "http://127.0.0.1:4000"),
    "every address, short": ({"PROLOGUE_HTTP__LISTEN": ":4000"}, "http://127.0.0.1:4000"),
    "every IPv6 address": ({"PROLOGUE_HTTP__LISTEN": "[::]:4000"}, "http://[::1]:4000"),
    "an IPv6 address": ({"PROLOGUE_HTTP__LISTEN": "[fe80::1]:4000"}, "http://[fe80::1]:4000"),
    "over TLS": (
        {
            "PROLOGUE_HTTP__LISTEN": "127.0.0.1:4000",
            "PROLOGUE_HTTP__TLS_CERT": "c",
            "PROLOGUE_HTTP__TLS_KEY": "k",
        },
        "https://127.0.0.1:4000",
    ),
    "any free port": ({"PROLOGUE_HTTP__LISTEN": "127.0.0.1:0"}, "http://127.0.0.1:3100"),
    "named wins": ({"PROLOGUE_URL": "http://a", "PROLOGUE_HTTP__LISTEN": "b:1"}, "http://a"),
}


@pytest.mark.parametrize(("variables", "url"), URLS.values(), ids=URLS)
def test_the_server_to_ask(variables: dict[str, str], url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("PROLOGUE_URL", "PROLOGUE_CONFIG", "PROLOGUE_HTTP__LISTEN"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert default_url() == url
