"""One real broker for all Kafka tests of a run, and sources that read from it into a recording buffer."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from dataclasses import dataclass, field

import pytest

from prologue.model.errors import PositionConflict, PrologueError
from prologue.model.payload import Payload, PayloadFormat, Receipt
from prologue.receive.intake import Intake
from prologue.receive.kafka.settings import KafkaSettings, TopicFormat
from prologue.receive.kafka.source import KafkaSource
from prologue.receive.limits import RateLimits
from tests.receive.conftest import read_records
from tests.support.kafka import Broker

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def broker(tmp_path_factory) -> Iterator[Broker]:
    running = Broker(tmp_path_factory.mktemp("kafka")).start()
    yield running
    running.stop()


@pytest.fixture
def topic(broker: Broker) -> str:
    """A new topic of two partitions."""
    name = f"logs-{next(_numbers)}"
    broker.create(name, partitions=2)
    return name


@dataclass
class PositionedSink:
    """Stores each byte of a source once, as the buffer's contract says; refuses when told to, and then
    what follows the hole."""

    payloads: list[Payload] = field(default_factory=list)
    holes: dict[str, int] = field(default_factory=dict)
    ends: dict[str, int] = field(default_factory=dict)
    held_back: list[tuple[Payload, Future[Receipt]]] = field(default_factory=list)
    refusal: PrologueError | None = None
    failure: PrologueError | None = None
    hold: bool = False

    def append(self, payload: Payload) -> Future[Receipt]:
        if self.refusal:
            raise self.refusal
        future: Future[Receipt] = Future()
        position = payload.position
        assert position is not None
        hole = self.holes.get(position.source)
        if hole is not None and position.start > hole:
            conflict = PositionConflict("behind a hole", source=position.source, resume_at=hole)
            future.set_exception(conflict)
        elif self.failure:
            self.holes.setdefault(position.source, position.start)
            future.set_exception(self.failure)
        elif self.hold:
            self.held_back.append((payload, future))
        else:
            self._store(payload, future)
        return future

    def let_go(self) -> None:
        self.hold = False
        waiting, self.held_back = self.held_back, []
        for payload, future in waiting:
            self._store(payload, future)

    def _store(self, payload: Payload, future: Future[Receipt]) -> None:
        position = payload.position
        assert position is not None
        held = self.ends.get(position.source, 0)
        self.holes.pop(position.source, None)
        if position.end > held:
            assert position.start >= held, "the contract: what is stored is not stored again"
            self.payloads.append(payload)
            self.ends[position.source] = position.end
        future.set_result(Receipt(0))

    def durable_position(self, source: str) -> int:
        return self.ends.get(source, 0)

    def bodies(self) -> list[bytes]:
        """What is stored, in order of arrival."""
        found: list[bytes] = []
        for payload in list(self.payloads):
            if payload.format is PayloadFormat.RECORDS:
                found += [row["body"] for row in read_records(payload)]
            else:
                found += bytes(payload.data).split(b"\n")
        return found


@pytest.fixture
def start_source(broker: Broker) -> Iterator[Callable[..., KafkaSource]]:
    """Starts a source over a sink; all of them are stopped at the end."""
    started: list[KafkaSource] = []

    def start(
        sink: PositionedSink,
        topics: dict[str, TopicFormat],
        *,
        limits: RateLimits | None = None,
        **settings,
    ) -> KafkaSource:
        made = KafkaSettings(
            brokers=broker.address,
            topics=topics,
            options={"session.timeout.ms": "2000", "heartbeat.interval.ms": "300"},
            **settings,
        )
        source = KafkaSource(made, Intake(sink, limits=limits))
        source.start()
        started.append(source)
        return source

    yield start
    for source in started:
        source.stop(20)


@pytest.fixture
def sink() -> PositionedSink:
    return PositionedSink()
