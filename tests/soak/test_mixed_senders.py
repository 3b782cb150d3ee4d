"""Every kind of sender at once, for an hour: nothing lost, nothing doubled, nothing grows.

SOAK_SECONDS is for how long (3600 unless set). Each sender sends batches at a steady pace and counts what
was acknowledged, or, where the protocol has no acknowledgement, what was sent over TCP. Others send
bodies that must be refused, ask queries, and connect and hang up. Memory, threads and descriptors of the
server are sampled from outside; the last quarter of the time is compared with the second.
"""

from __future__ import annotations

import contextlib
import gzip
import itertools
import json
import os
import socket
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import grpc
import httpx
import msgpack
import psutil
import pytest

from tests.receive.envoy.conftest import http, message, tcp
from tests.receive.otlp.conftest import record, request
from tests.support.kafka import Broker
from tests.support.ports import free_port
from tests.support.server import ServerProcess, wait_until

SECONDS = float(os.environ.get("SOAK_SECONDS", "3600"))
BATCH = 40
PAUSE = 0.2
GROWTH_BYTES = 100 * 1000**2
GROWTH_COUNT = 25
EXPORT = "/opentelemetry.proto.collector.logs.v1.LogsService/Export"
STREAM = "/envoy.service.accesslog.v3.AccessLogService/StreamAccessLogs"


@dataclass
class Soak:
    """What all senders share."""

    url: str
    grpc_address: str
    syslog: tuple[str, int]
    gelf: tuple[str, int]
    fluent: tuple[str, int]
    broker: Broker
    stop: threading.Event = field(default_factory=threading.Event)
    sent: Counter[str] = field(default_factory=Counter)
    cut: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)

    def each_batch(self) -> Iterator[int]:
        """Numbers of batches, at the pace of all senders, until the end."""
        for number in itertools.count():
            if self.stop.wait(PAUSE):
                return
            yield number


def lines(kind: str, number: int) -> list[str]:
    return [f"{kind} batch {number} line {line} took {line * 7 % 900} ms" for line in range(BATCH)]


def push(soak: Soak, kind: str, path: str, content_type: str, body: Callable[[int], bytes]) -> None:
    """POSTs batches; every tenth over a connection of its own, as agents that restart do."""
    headers = {"Content-Type": content_type}
    with httpx.Client(base_url=soak.url, headers=headers, timeout=60) as client:
        for number in soak.each_batch():
            post = httpx.post if number % 10 == 0 else client.post
            target = soak.url + path if number % 10 == 0 else path
            answer = post(target, content=body(number), headers=headers)
            assert answer.status_code < 300, answer.text
            soak.sent[kind] += BATCH


def loki(soak: Soak) -> None:
    def body(number: int) -> bytes:
        now = time.time_ns()
        values = [[str(now + at), line, {"n": str(at)}] for at, line in enumerate(lines("loki", number))]
        return json.dumps(
            {"streams": [{"stream": {"app": "loki", "pod": f"p{number % 50}"}, "values": values}]}
        ).encode()

    push(soak, "loki", "/loki/api/v1/push", "application/json", body)


def jsonline(soak: Soak) -> None:
    def body(number: int) -> bytes:
        return "\n".join(json.dumps({"_msg": line, "app": "json"}) for line in lines("json", number)).encode()

    push(soak, "jsonline", "/insert/jsonline", "application/x-ndjson", body)


def elasticsearch(soak: Soak) -> None:
    def body(number: int) -> bytes:
        action = json.dumps({"create": {"_index": "soak"}})
        found = [f"{action}\n{json.dumps({'message': line})}\n" for line in lines("es", number)]
        return "".join(found).encode()

    push(soak, "elasticsearch", "/_bulk", "application/x-ndjson", body)


def otlp_body(kind: str, number: int) -> bytes:
    records = [record(line, {"n": at, "m": {"x": [1, 2]}}) for at, line in enumerate(lines(kind, number))]
    resource = {"service.name": kind, "service.instance.id": f"i{number % 50}"}
    return request(*records, resource=resource).SerializeToString()


def otlp_http(soak: Soak) -> None:
    push(soak, "otlp", "/v1/logs", "application/x-protobuf", lambda number: otlp_body("otlp-http", number))


def otlp_grpc(soak: Soak) -> None:
    with grpc.insecure_channel(soak.grpc_address) as channel:
        export = channel.unary_unary(EXPORT)
        for number in soak.each_batch():
            compression = grpc.Compression.Gzip if number % 2 else None
            export(otlp_body("otlp-grpc", number), timeout=60, compression=compression)
            soak.sent["otlp_grpc"] += BATCH


def envoy(soak: Soak) -> None:
    def messages() -> Iterator[bytes]:
        for number in soak.each_batch():
            entries = [http(200 + 100 * (at % 4), path=b"/%d/%d" % (number, at)) for at in range(BATCH - 1)]
            yield message(*entries, tcp(), node="" if number else "n1")
            soak.sent["envoy"] += BATCH

    with grpc.insecure_channel(soak.grpc_address) as channel:
        channel.stream_unary(STREAM)(messages())


def syslog(soak: Soak) -> None:
    with socket.create_connection(soak.syslog) as connection:
        for number in soak.each_batch():
            found = lines("syslog", number)
            connection.sendall("".join(f"<14>1 - host app - - - {line}\n" for line in found).encode())
            soak.sent["syslog/tcp"] += BATCH


def gelf(soak: Soak) -> None:
    with socket.create_connection(soak.gelf) as connection:
        for number in soak.each_batch():
            found = [{"version": "1.1", "host": "h", "short_message": line} for line in lines("gelf", number)]
            connection.sendall("".join(json.dumps(one) + "\0" for one in found).encode())
            soak.sent["gelf/tcp"] += BATCH


def fluent(soak: Soak) -> None:
    """Acknowledged chunks of packed events, compressed every other time."""
    with socket.create_connection(soak.fluent) as connection:
        for number in soak.each_batch():
            packed = b"".join(
                msgpack.packb([time.time_ns(), {"log": line}]) for line in lines("fluent", number)
            )
            option = {"chunk": f"chunk-{number}", "compressed": "gzip" if number % 2 else "text"}
            entries = gzip.compress(packed) if number % 2 else packed
            connection.sendall(msgpack.packb(["soak.fluent", entries, option]))
            assert msgpack.unpackb(connection.recv(1000)) == {"ack": f"chunk-{number}"}
            soak.sent["fluent/tcp"] += BATCH


def kafka(soak: Soak) -> None:
    for number in soak.each_batch():
        soak.broker.send("soak", [json.dumps({"message": line}).encode() for line in lines("kafka", number)])
        soak.sent["kafka"] += BATCH


def wrong(soak: Soak) -> None:
    """What must be refused, in turn; and connections that end in the middle of something."""
    bad: list[tuple[str, str, bytes]] = [
        ("/v1/logs", "application/x-protobuf", b"\xff"),
        ("/loki/api/v1/push", "application/json", b'{"streams":'),
        ("/insert/jsonline", "", b"no object"),
        ("/_bulk", "application/x-ndjson", b'{"create":{}}\n'),
        ("/loki/api/v1/push", "application/json", b"[" * 100_000),
    ]
    for number in soak.each_batch():
        path, content_type, body = bad[number % len(bad)]
        answer = httpx.post(soak.url + path, content=body, headers={"Content-Type": content_type}, timeout=60)
        assert answer.status_code in (200, 400, 413), answer.text
        soak.refused[path] += 1
        headers = {"Content-Type": "application/x-protobuf", "Content-Encoding": "gzip"}
        bomb = gzip.compress(bytes(5_000_000))
        assert httpx.post(f"{soak.url}/v1/logs", content=bomb, headers=headers, timeout=60).status_code == 400
        # A record that is cut off is stored, as far as it came.
        kind = "syslog/tcp" if number % 2 else "gelf/tcp"
        with socket.create_connection(soak.syslog if number % 2 else soak.gelf) as connection:
            connection.sendall(b"<14>1 cut off in the mid" if number % 2 else b'{"version":')
        soak.cut[kind] += 1


def ask(soak: Soak) -> None:
    queries = [
        '{app="loki"} |= "took 7 ms"',
        'sum by (service_name) (count_over_time({service_name=~".+"}[1m]))',
    ]
    for number in soak.each_batch():
        if number % 10 == 0:
            parameters = {"query": queries[number // 10 % len(queries)], "limit": "100"}
            answer = httpx.get(f"{soak.url}/loki/api/v1/query_range", params=parameters, timeout=120)
            assert answer.status_code == 200, answer.text
        if number % 25 == 0:
            assert httpx.get(f"{soak.url}/metrics", timeout=60).status_code == 200


SENDERS = (loki, jsonline, elasticsearch, otlp_http, otlp_grpc, envoy, syslog, gelf, fluent, kafka)
OTHERS = (wrong, ask)


@pytest.fixture
def running(tmp_path: Path) -> Iterator[tuple[ServerProcess, Soak]]:
    folder = tmp_path / "kafka"
    folder.mkdir()
    broker = Broker(folder).start()
    broker.create("soak", partitions=2)
    ports = free_port(), free_port(), free_port()
    server = ServerProcess(
        tmp_path / "data",
        PROLOGUE_GRPC__LISTEN="127.0.0.1:0",
        PROLOGUE_SYSLOG__TCP_LISTEN=f"127.0.0.1:{ports[0]}",
        PROLOGUE_GELF__TCP_LISTEN=f"127.0.0.1:{ports[1]}",
        PROLOGUE_FLUENT__LISTEN=f"127.0.0.1:{ports[2]}",
        PROLOGUE_KAFKA__BROKERS=broker.address,
        PROLOGUE_KAFKA__TOPICS="soak=json",
    ).start()
    syslog_at, gelf_at, fluent_at = (("127.0.0.1", port) for port in ports)
    yield server, Soak(server.url, server.grpc_address, syslog_at, gelf_at, fluent_at, broker)
    server.stop()
    broker.stop()


def guarded(soak: Soak, act: Callable[[Soak], None]) -> None:
    try:
        act(soak)
    except BaseException as error:
        soak.failures.append(f"{act.__name__}: {error!r}")
        raise


@dataclass(frozen=True)
class Sample:
    rss: int
    threads: int
    descriptors: int


def watch(server: ServerProcess, seconds: float) -> list[Sample]:
    process = psutil.Process(server.pid)
    found = []
    every = max(1.0, min(10.0, seconds / 60))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(every)
        found.append(Sample(process.memory_info().rss, process.num_threads(), descriptors(server.pid)))
    return found


def descriptors(pid: int) -> int:
    """Open files and sockets, less the three that the engine keeps of each thread's counters: it opens them
    when a thread runs its first query, which goes on for as long as there are threads that have not."""
    links = []
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with contextlib.suppress(OSError):  # closed meanwhile
            links.append(str(descriptor.readlink()))
    return sum(not link.startswith("/proc/") for link in links)


def medians(samples: list[Sample]) -> dict[str, float]:
    return {name: statistics.median(getattr(one, name) for one in samples) for name in Sample.__annotations__}


@pytest.mark.soak
def test_mixed_senders(running, capsys):
    server, soak = running
    threads = [threading.Thread(target=guarded, args=(soak, act)) for act in (*SENDERS, *OTHERS)]
    for thread in threads:
        thread.start()
    samples = watch(server, SECONDS)
    soak.stop.set()
    for thread in threads:
        thread.join(120)
    assert not soak.failures, soak.failures[0]
    found = received(server, soak)
    quarter = len(samples) // 4
    early, late = medians(samples[quarter : 2 * quarter]), medians(samples[-quarter:])
    with capsys.disabled():
        print(f"\n{SECONDS:.0f} s, {sum(soak.sent.values()):,} lines of {dict(soak.sent)}")
        print(f"refused {sum(soak.refused.values()):,} bodies")
        print(f"second quarter {early}\nlast quarter   {late}")
    assert found == dict(soak.sent + soak.cut)
    assert late["rss"] - early["rss"] < GROWTH_BYTES
    assert late["threads"] - early["threads"] < GROWTH_COUNT
    assert late["descriptors"] - early["descriptors"] < GROWTH_COUNT


def received(server: ServerProcess, soak: Soak) -> dict[str, Any]:
    """Lines of each receiver that are durable, once all that was sent is; and that all are in the store."""

    def counts() -> dict[str, int]:
        return {
            found["name"]: found["records"]
            for found in server.status()["receivers"]
            if found["name"] in soak.sent
        }

    expected = soak.sent + soak.cut
    wait_until(lambda: sum(counts().values()) >= expected.total(), 120)
    wait_until(lambda: server.stored_lines() >= expected.total(), 300)
    server.settle()
    assert server.stored_lines() == expected.total()
    return counts()
