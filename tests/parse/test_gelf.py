"""GELF, taken apart in the engine."""

from __future__ import annotations

import json

from prologue.model.payload import Payload, PayloadFormat

NOW = 1_795_800_000_000_000_000


def gelf(*messages: object, peer: str = "10.0.0.9") -> Payload:
    texts = [message if isinstance(message, str) else json.dumps(message) for message in messages]
    data = "".join((f"{peer}\t" if peer else "") + text + "\n" for text in texts).encode()
    params = {"framing": "gelf", **({"peer": "address"} if peer else {})}
    return Payload("default", PayloadFormat.LINES, data, NOW, {}, params)


def test_every_field(parse):
    [record] = parse(
        gelf(
            {
                "version": "1.1",
                "host": "web1",
                "short_message": "boom",
                "full_message": "boom\n  at x",
                "timestamp": 1795799999.25,
                "level": 3,
                "facility": "f",
                "_container_name": "cart",
                "_retries": 3,
                "_nested": {"a": 1},
                "_trace_id": "0af7651916cd43dd8448eb211c80319c",
            }
        )
    )
    assert record["labels"] == '{"host":"web1","service_name":"cart"}'
    assert (record["body"], record["level"], record["severity_text"]) == (b"boom", "error", "err")
    assert record["time"] == "2026-11-27 17:19:59.250000000"
    assert record["trace_id"] == "0af7651916cd43dd8448eb211c80319c"
    assert record["attributes"] == {
        "full_message": "boom\n  at x",
        "facility": "f",
        "container_name": "cart",
        "retries": "3",
        "nested": '{"a":1}',
        "network_peer_address": "10.0.0.9",
    }


def test_the_least_there_can_be(parse):
    full, none = parse(gelf({"full_message": "all"}, {"_a": "b"}))
    assert (full["body"], full["labels"]) == (b"all", '{"host":"10.0.0.9","service_name":"unknown_service"}')
    assert json.loads(none["body"]) == {"_a": "b"}


def test_what_is_no_object_is_kept_whole(parse):
    bad, array, good = parse(gelf("{broken", "[1]", {"short_message": "ok", "host": "h"}))
    assert (bad["body"], array["body"], good["body"]) == (b"{broken", b"[1]", b"ok")
    assert bad["attributes"]["__error__"] == array["attributes"]["__error__"] == "GELFParserErr"


def test_over_http_nobody_is_named(parse):
    [record] = parse(gelf({"short_message": "m", "host": "h"}, peer=""))
    assert record["attributes"] == {}
