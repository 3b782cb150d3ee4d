"""Reads topics as one member of a consumer group; what is committed to Kafka is durable here.

    consume(many) -> a chunk a partition -> payloads with their position -> the sink -> commit

One thread does all of it. A partition whose payload was refused is paused, and goes on from the first
message that is not durable. Too much under way, or a tenant over its rate, pauses too: that is the
back-pressure, and costs nothing at the broker. A pause never stops `consume` from being called, so the
group keeps its member.

Exactly once into one store: offsets are committed late, and what is read again is known by its position.
Between several stores a partition that moves after a crash may repeat what was not committed.

Next chapter: `prologue.receive.kafka.assignment`, then `partition`.
"""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Iterable
from itertools import groupby

from confluent_kafka import Consumer, KafkaError, KafkaException, Message, TopicPartition

from prologue.model.errors import TemporaryError
from prologue.receive.intake import Intake
from prologue.receive.kafka.assignment import RETRY_SECONDS, Assignment, Key
from prologue.receive.kafka.client import open_consumer, reason
from prologue.receive.kafka.formats import Chunk, Piece, read_chunk
from prologue.receive.kafka.partition import Partition
from prologue.receive.kafka.settings import KafkaSettings, TopicFormat
from prologue.telemetry import metrics

logger = logging.getLogger(__name__)

NAME = "kafka"

_MESSAGES = 5_000
_POLL_SECONDS = 0.1
_COMMIT_SECONDS = 1.0
_REMEMBER_SECONDS = 600.0


class KafkaSource:
    """`start` it, `stop` it; what it does in between it tells its tally. Raises `ConfigError` when made."""

    def __init__(
        self, settings: KafkaSettings, intake: Intake, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        self._settings = settings
        self._intake = intake
        self._monotonic = monotonic
        where = f"{' '.join(settings.topics)} (at {settings.brokers})"
        self._tally = intake.standings.tally(NAME, where)
        self._formats = [(_pattern(topic), kind) for topic, kind in settings.topics.items()]
        self._paused: set[Key] = set()
        self._resume_at: dict[Key, float] = {}
        self._last_commit = self._last_remembered = monotonic()
        self._stopping = threading.Event()
        self._assignment = Assignment(settings, intake.sink, self._tally, self._collect, self._stopping)
        self._consumer: Consumer = open_consumer(settings, self._told, self._assignment.committed)
        self._thread = threading.Thread(target=self._run, name="kafka", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float) -> None:
        """Commit what is durable and leave the group, within about so many seconds."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        assignment = self._assignment
        try:
            self._consumer.subscribe(
                list(self._settings.topics),
                on_assign=assignment.assigned,
                on_revoke=assignment.revoked,
                on_lost=assignment.lost,
            )
            while not self._stopping.is_set():
                self._turn()
            assignment.leave(self._consumer, list(assignment.partitions))
            self._consumer.close()
        except Exception as error:  # the one thread of this source: whatever ends it must be seen
            logger.exception("kafka: the source ended")
            self._tally.failed(f"the source ended: {error}")

    def _turn(self) -> None:
        """One round: what became durable, what may be read, what came."""
        for key, state in self._assignment.partitions.items():
            self._settle(key, state)
        self._regulate()
        self._now_and_then()
        try:
            messages = self._consumer.consume(_MESSAGES, timeout=_POLL_SECONDS)
        except KafkaException as error:
            self._tally.failed(reason(error))
            self._stopping.wait(RETRY_SECONDS)
            return
        for key, found in groupby(self._good(messages), _key_of):
            self._take(key, list(found))

    def _good(self, messages: Iterable[Message]) -> list[Message]:
        """The messages that are some, each partition's together, in order."""
        good = []
        for message in messages:
            error = message.error()
            if error is None:
                good.append(message)
            else:
                self._told(error)
        return sorted(good, key=_key_of)

    def _told(self, error: KafkaError) -> None:
        """An error of the connection or of a topic, which librdkafka goes on trying to get over.

        That all brokers are down says less than what was said of each of them before.
        """
        if error.code() == KafkaError._ALL_BROKERS_DOWN:
            return
        if error.str() != self._tally.standing().last_error:
            logger.warning("kafka: %s", error.str())
        self._tally.failed(error.str())

    # What came

    def _take(self, key: Key, messages: list[Message]) -> None:
        state = self._assignment.partitions.get(key)
        first = _offset(messages[0])
        if state is None or state.failure is not None:
            return  # it was taken away, or is read again from where it failed
        if state.is_stale(first):
            state.failure = TemporaryError(f"messages from {first} came before those that are wanted again")
            return
        try:
            if first < state.next:
                state = self._assignment.looked_at_again(key, first)
                messages = [message for message in messages if _offset(message) >= state.next]
        except KafkaException as error:
            state.failure = TemporaryError(reason(error))
            return
        if not messages:
            return
        if state.next < 0:
            state.next = first
        for chunk in self._chunks(key, [message for message in messages if message.value() is not None]):
            self._offer(key, state, chunk)
        # Messages without a value say nothing, but are done with.
        state.offer(Piece(None, 0, 0), _offset(messages[-1]) + 1)

    def _offer(self, key: Key, state: Partition, chunk: Chunk) -> None:
        for piece in read_chunk(chunk, self._format_of(key[0]), self._settings, self._intake.settings):
            last = chunk.offsets[piece.last]
            if piece.error:
                self._tally.failed(f"{key[0]}/{key[1]} at {last}, kept whole: {piece.error}")
            state.offer(piece, last + 1)

    def _chunks(self, key: Key, messages: list[Message]) -> Iterable[Chunk]:
        """Messages in chunks of about `batch_bytes`."""
        arrival = self._intake.clock()
        tenant = self._settings.tenant_of(key[0])
        start = size = 0
        for at, message in enumerate(messages):
            size += len(message)
            if size >= self._settings.batch_bytes or at == len(messages) - 1:
                yield _chunk(key, tenant, messages[start : at + 1], arrival)
                start, size = at + 1, 0

    def _format_of(self, topic: str) -> TopicFormat:
        return next((kind for pattern, kind in self._formats if pattern.search(topic)), TopicFormat.TEXT)

    # What became durable

    def _settle(self, key: Key, state: Partition) -> None:
        self._collect(key, state)
        if state.failure is None or not state.settled:
            return
        error = state.failure
        self._tally.failed(f"{key[0]}/{key[1]}: {error.message}")
        self._resume_at[key] = self._monotonic() + getattr(error, "retry_after", RETRY_SECONDS)
        self._set_paused(key, True)
        try:
            self._consumer.seek(TopicPartition(*key, state.rewind()))
        except KafkaException as refusal:  # it is not being fetched just now: the next round tries again
            state.failure = TemporaryError(reason(refusal))

    def _collect(self, key: Key, state: Partition) -> None:
        found = state.collect()
        if found.records:
            self._tally.took(found.records, found.size)
            metrics.RECEIVE_RECORDS.labels(NAME).inc(found.records)
            metrics.RECEIVE_BODY_BYTES.labels(NAME).inc(found.size)
            tenant = self._settings.tenant_of(key[0])
            self._intake.limits.charge(tenant, "", size=found.size, lines=found.records)

    # What may be read

    def _regulate(self) -> None:
        """Pauses and resumes partitions."""
        now = self._monotonic()
        partitions = self._assignment.partitions
        self._paused &= partitions.keys()
        crowded = sum(state.inflight_bytes for state in partitions.values())
        full = crowded > self._settings.max_inflight_bytes
        for key, state in partitions.items():
            if now >= self._resume_at.get(key, 0.0):
                wait = self._intake.limits.delay(NAME, self._settings.tenant_of(key[0]), "")
                self._resume_at[key] = now + wait
            waiting = now < self._resume_at[key]
            self._set_paused(key, full or waiting or state.failure is not None)

    def _set_paused(self, key: Key, paused: bool) -> None:
        if paused == (key in self._paused):
            return
        change = self._consumer.pause if paused else self._consumer.resume
        try:
            change([TopicPartition(*key)])
        except KafkaException as error:
            self._tally.failed(reason(error))
            return
        (self._paused.add if paused else self._paused.discard)(key)

    def _now_and_then(self) -> None:
        now = self._monotonic()
        if now - self._last_commit >= _COMMIT_SECONDS:
            self._last_commit = now
            self._assignment.commit(self._consumer, self._assignment.partitions, wait=False)
            metrics.KAFKA_LAG.set(self._assignment.lag(self._consumer))
        if now - self._last_remembered >= _REMEMBER_SECONDS:
            self._last_remembered = now
            self._assignment.keep_remembered()


def _pattern(topic: str) -> re.Pattern[str]:
    """A topic's name, or what librdkafka takes for a pattern: anything that begins with `^`."""
    return re.compile(topic) if topic.startswith("^") else re.compile(f"^{re.escape(topic)}$")


def _key_of(message: Message) -> Key:
    return message.topic() or "", message.partition() or 0


def _offset(message: Message) -> int:
    return message.offset() or 0


def _chunk(key: Key, tenant: str, messages: list[Message], arrival: int) -> Chunk:
    return Chunk(
        topic=key[0],
        partition=key[1],
        tenant=tenant,
        values=[_bytes(message.value()) for message in messages],
        keys=[_bytes(message.key()) for message in messages],
        offsets=[_offset(message) for message in messages],
        times=[max(0, message.timestamp()[1]) for message in messages],
        received_ns=arrival,
    )


def _bytes(value: str | bytes | None) -> bytes:
    return value if isinstance(value, bytes) else (value or "").encode()
