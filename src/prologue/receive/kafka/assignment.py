"""Which partitions are this member's, and what Kafka was told of them.

librdkafka calls `assigned`, `revoked` and `lost` from `consume` and `close`, so everything here runs in
the source's one thread. Before a partition is given away what was offered of it is waited for and
committed, so that whoever reads it next repeats nothing.

Next chapter: `prologue.receive.kafka.partition`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from typing import TypeAlias

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicPartition

from prologue.model.payload import PayloadSink
from prologue.receive.kafka.client import cluster_id, reason, topic_id
from prologue.receive.kafka.partition import Partition
from prologue.receive.kafka.settings import KafkaSettings
from prologue.receive.standing import Tally

logger = logging.getLogger(__name__)

RETRY_SECONDS = 1.0
_LEAVE_SECONDS = 10.0
_KAFKA_SECONDS = 10.0

Key: TypeAlias = tuple[str, int]
"""Topic and partition."""


class Assignment:
    """`collect` counts what has become durable of one partition; `stopping` ends every wait."""

    def __init__(
        self,
        settings: KafkaSettings,
        sink: PayloadSink,
        tally: Tally,
        collect: Callable[[Key, Partition], None],
        stopping: threading.Event,
    ) -> None:
        self.partitions: dict[Key, Partition] = {}
        self._settings = settings
        self._sink = sink
        self._tally = tally
        self._collect = collect
        self._stopping = stopping
        self._cluster = ""
        self._ids: dict[str, str] = {}

    def assigned(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self._ids.clear()
        while not self._stopping.is_set():
            try:
                self._begin(consumer, partitions)
                break
            except KafkaException as error:
                self._tally.failed(f"the group's offsets cannot be read: {reason(error)}")
                self._stopping.wait(RETRY_SECONDS)
        consumer.incremental_assign(partitions)
        logger.info("kafka: reading %s", _names(partitions))

    def _begin(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Each partition from the later of what Kafka was told and what is durable here."""
        self._cluster = self._cluster or cluster_id(consumer)
        committed = {
            (found.topic, found.partition): found.offset
            for found in consumer.committed(partitions, _KAFKA_SECONDS)
        }
        for assigned in partitions:
            key = (assigned.topic, assigned.partition)
            source = self.source_of(*key)
            # 0 durable bytes may mean that the source is not known: then Kafka's word counts alone.
            told = max(committed.get(key, -1), -1)
            held = max(told, self._sink.durable_position(source) or -1)
            self.partitions[key] = Partition(self._sink, source, held, told)
            if held >= 0:
                assigned.offset = held

    def revoked(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        self.leave(consumer, [(found.topic, found.partition) for found in partitions])
        consumer.incremental_unassign(partitions)
        logger.info("kafka: no longer reading %s", _names(partitions))

    def lost(self, consumer: Consumer, partitions: list[TopicPartition]) -> None:
        """Taken away without a word: another member reads them already, so nothing is committed."""
        for found in partitions:
            self.partitions.pop((found.topic, found.partition), None)
        consumer.incremental_unassign(partitions)
        self._tally.failed(f"lost {_names(partitions)}: the group did not hear of us in time")

    def leave(self, consumer: Consumer, keys: Iterable[Key]) -> None:
        """Waits, within bounds, until what was offered of these is durable, and commits that."""
        known = {key: state for key in keys if (state := self.partitions.get(key)) is not None}
        deadline = time.monotonic() + _LEAVE_SECONDS
        while not all(state.settled for state in known.values()) and time.monotonic() < deadline:
            time.sleep(0.005)
        for key, state in known.items():
            self._collect(key, state)
        self.commit(consumer, known, wait=True)
        for key in known:
            del self.partitions[key]

    def commit(self, consumer: Consumer, keys: Iterable[Key], *, wait: bool) -> None:
        """Tells Kafka what is durable and news to it."""
        due = {key: state for key in keys if (state := self.partitions[key]).held > state.committed}
        if not due:
            return
        offsets = [TopicPartition(*key, state.held) for key, state in due.items()]
        try:
            if wait:
                self.committed(None, consumer.commit(offsets=offsets, asynchronous=False) or [])
            else:
                consumer.commit(offsets=offsets, asynchronous=True)
        except KafkaException as error:
            self._tally.failed(f"offsets could not be committed: {reason(error)}")

    def committed(self, error: KafkaError | None, partitions: list[TopicPartition]) -> None:
        """What became of a commit. One that failed, as during a rebalance, is made again with the next."""
        for found in partitions:
            state = self.partitions.get((found.topic, found.partition))
            failure = error or found.error
            if failure is not None:
                logger.info("kafka: an offset was not committed: %s", failure.str())
            elif state is not None:
                state.committed = max(state.committed, found.offset)

    def keep_remembered(self) -> None:
        """The buffer forgets the position of a source that nobody asks about."""
        for state in self.partitions.values():
            self._sink.durable_position(state.source)

    def lag(self, consumer: Consumer) -> int:
        """Messages in the assigned partitions that are not durable here."""
        lag = 0
        for key, state in self.partitions.items():
            known = consumer.get_watermark_offsets(TopicPartition(*key), cached=True)
            if known is not None and known[1] > 0:
                lag += max(0, known[1] - max(state.held, known[0], 0))
        return lag

    def looked_at_again(self, key: Key, first: int) -> Partition:
        """The partition, whose offsets went back to `first` though nobody asked for it: a new one where the
        topic is another of the same name. Raises `KafkaException` where nobody tells."""
        self._ids.pop(key[0], None)
        state, source = self.partitions[key], self.source_of(*key)
        if source == state.source:
            self._tally.failed(
                f"{key[0]}/{key[1]} went back from {state.next} to {first}: what is held already is skipped"
            )
            return state
        logger.warning("kafka: topic %s was deleted and made anew; reading it from its start", key[0])
        self.partitions[key] = Partition(self._sink, source)
        return self.partitions[key]

    def source_of(self, topic: str, partition: int) -> str:
        """The name of a partition in the buffer's positions."""
        if topic not in self._ids:
            self._ids[topic] = topic_id(self._settings, topic)
        return f"kafka/{self._cluster}/{self._settings.group}/{topic}/{self._ids[topic]}/{partition}"


def _names(partitions: list[TopicPartition]) -> str:
    return ", ".join(f"{found.topic}/{found.partition}" for found in partitions)
