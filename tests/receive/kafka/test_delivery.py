"""A real broker, a real Prologue, kill -9: every message is in the store exactly once."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

from tests.support import matrix
from tests.support.kafka import VERSION, Broker
from tests.support.loki import Loki
from tests.support.server import ServerProcess, wait_until
from tests.support.stored import stored_bodies


def reading(folder: Path, broker: Broker, topics: str, **settings: str) -> ServerProcess:
    return ServerProcess(
        folder / "data",
        PROLOGUE_KAFKA__BROKERS=broker.address,
        PROLOGUE_KAFKA__TOPICS=topics,
        PROLOGUE_KAFKA__OPTIONS="session.timeout.ms=2000,heartbeat.interval.ms=300",
        **settings,
    )


def test_messages_are_stored_once_whatever_is_killed(broker, topic, tmp_path):
    # Small payloads, so that each kill finds some of them on their way.
    server = reading(tmp_path, broker, f"{topic}=text", PROLOGUE_KAFKA__BATCH_BYTES="2000")
    sent: list[bytes] = []
    for run in range(3):
        server.start()
        lines = [b"run %d line %d" % (run, number) for number in range(4000)]
        broker.send(topic, lines[:2000], partition=0)
        broker.send(topic, lines[2000:], partition=1)
        sent += lines
        before = run * 4000
        wait_until(lambda before=before: server.stored_lines() > before)
        server.kill()
    server.start()
    wait_until(lambda: server.stored_lines() >= len(sent))
    server.settle()
    (standing,) = [found for found in server.status()["receivers"] if found["name"] == "kafka"]
    assert standing["last_error"] == ""
    assert server.stop() == 0
    assert stored_bodies(tmp_path / "data") == Counter(line.decode() for line in sent)


def test_json_messages_are_asked_for(broker, topic, tmp_path):
    server = reading(tmp_path, broker, f"{topic}=json", PROLOGUE_KAFKA__TENANT="shop").start()
    try:
        count = 1000
        broker.send(
            topic,
            [
                json.dumps(
                    {"message": f"order {n} placed", "service": "cart", "level": "warn", "order": {"id": n}}
                ).encode()
                for n in range(count)
            ],
            timestamp=1_780_000_000_123,
        )
        loki = Loki(server, "shop")
        wait_until(lambda: loki.stored_lines() >= count)
        window = {"start": 1_779_999_000, "end": 1_780_001_000}
        answer = loki.get("query_range", query='{service_name="cart"} |= "order 7 placed"', **window)
        (stream,) = answer["data"]["result"]
        expected = {"topic": topic, "service": "cart", "order_id": "7", "detected_level": "warn"}
        assert expected.items() <= stream["stream"].items()
        matrix.record(
            sender="Apache Kafka (a topic of JSON)",
            version=VERSION,
            protocol="Kafka",
            sent=count,
            stored=loki.stored_lines(),
            attributes=expected.keys() - {"detected_level"},
        )
    finally:
        server.stop()
