"""Producers: every way in, pushing lines of the oracle until they are stopped.

A push that is refused or broken off is not sent again: sending it again would be the sender's choice to
have it at least once, and here repetitions must show.
"""

from __future__ import annotations

import os
import random
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import httpx
import orjson
import snappy
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from tests.process.oracle import Oracle, line_of
from tests.support.logproto import PushRequest

_TWO_DAYS = 172_800_000_000_000


@dataclass(frozen=True, slots=True)
class Push:
    """One request. `headers` say what its body is."""

    path: str
    body: bytes
    headers: dict[str, str]


def json_lines(ids: list[str]) -> Push:
    body = b"\n".join(
        orjson.dumps({"_msg": line_of(found), "service_name": "oracle", "check": found, "n": found[-1]})
        for found in ids
    )
    return Push("/insert/jsonline?_stream_fields=service_name,n", body, {"Content-Type": "application/json"})


def plain_lines(ids: list[str]) -> Push:
    body = "\n".join(map(line_of, ids)).encode()
    return Push("/insert/lines?service_name=oracle", body, {"Content-Type": "text/plain"})


def loki_json(ids: list[str]) -> Push:
    # On two days, so that a batch spans partitions and can be cut between them.
    now = time.time_ns()
    values = [
        [str(now - place % 2 * _TWO_DAYS), line_of(found), {"check": found}]
        for place, found in enumerate(ids)
    ]
    streams = [{"stream": {"app": "oracle"}, "values": values}]
    return Push("/loki/api/v1/push", orjson.dumps({"streams": streams}), {"Content-Type": "application/json"})


def loki_protobuf(ids: list[str]) -> Push:
    request = PushRequest()
    stream = request.streams.add(labels='{app="oracle", form="protobuf"}')
    for place, found in enumerate(ids):
        entry = stream.entries.add(line=line_of(found))
        entry.timestamp.FromNanoseconds(time.time_ns() - place % 3 * _TWO_DAYS)
        entry.structuredMetadata.add(name="check", value=found)
    body = snappy.compress(request.SerializeToString())
    return Push("/loki/api/v1/push", body, {"Content-Type": "application/x-protobuf"})


def otlp_protobuf(ids: list[str]) -> Push:
    request = ExportLogsServiceRequest()
    resource = request.resource_logs.add()
    resource.resource.attributes.add(key="service.name").value.string_value = "oracle"
    records = resource.scope_logs.add().log_records
    for found in ids:
        record = records.add(time_unix_nano=time.time_ns())
        record.body.string_value = line_of(found)
        record.attributes.add(key="check").value.string_value = found
    return Push("/v1/logs", request.SerializeToString(), {"Content-Type": "application/x-protobuf"})


PUSHES: tuple[Callable[[list[str]], Push], ...] = (
    json_lines,
    plain_lines,
    loki_json,
    loki_protobuf,
    otlp_protobuf,
)
# What a sender is told to wait for; anything else is an answer it must not get.
_WAIT = (429, 503)


class Producers:
    """Threads that push, and one that writes a log file the server collects.

    A line in the file is acknowledged when it is written: from then on it is the server's duty.
    """

    def __init__(self, url: str, log: Path, oracle: Oracle, *, seed: int, threads: int = 2) -> None:
        self._url = url
        self._log = log
        self._oracle = oracle
        self._stopping = threading.Event()
        self.acknowledged = self.refused = 0  # pushes
        self.failure: str | None = None
        dice = random.Random(seed)
        work = [(self._push, random.Random(dice.random())) for _ in range(threads)]
        work.append((self._write, random.Random(dice.random())))
        self._threads = [threading.Thread(target=run, args=(own,), daemon=True) for run, own in work]

    def __enter__(self) -> Producers:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        for thread in self._threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in self._threads)
        assert self.failure is None, self.failure

    def _push(self, dice: random.Random) -> None:
        with httpx.Client(base_url=self._url, timeout=30) as client:
            while not self._stopping.is_set():
                ids = self._oracle.take(dice.randrange(1, 100))
                push = dice.choice(PUSHES)(ids)
                try:
                    answer = client.post(push.path, content=push.body, headers=push.headers)
                except httpx.HTTPError:
                    self._stopping.wait(0.2)  # the server is dead; the fault starts it again
                    continue
                if answer.is_success:
                    self._oracle.acknowledge(ids)
                    self.acknowledged += 1
                elif answer.status_code in _WAIT and "Retry-After" in answer.headers:
                    self.refused += 1
                    self._stopping.wait(0.1)
                else:
                    self.failure = f"{push.path} answered {answer.status_code}: {answer.text}"
                    return
                self._stopping.wait(dice.random() * 0.1)

    def _write(self, dice: random.Random) -> None:
        """Lines into the log, in pieces that do not end where lines end; it may be rotated meanwhile."""
        while not self._stopping.is_set():
            ids = self._oracle.take(dice.randrange(1, 50))
            data = "".join(f"{line_of(found)}\n" for found in ids).encode()
            cut = dice.randrange(len(data))
            descriptor = os.open(self._log, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                for piece in (data[:cut], data[cut:]):
                    os.write(descriptor, piece)
            finally:
                os.close(descriptor)
            self._oracle.acknowledge(ids)
            self._stopping.wait(dice.random() * 0.1)
