"""A real broker: what is read, what is committed, and what happens when something does not work."""

from __future__ import annotations

import pytest
from confluent_kafka import Consumer, TopicPartition

from prologue.model.errors import BufferFull, ConfigError
from prologue.receive.intake import Intake
from prologue.receive.kafka.settings import KafkaSettings, TopicFormat
from prologue.receive.kafka.source import KafkaSource
from prologue.receive.limits import LimitSettings, RateLimits
from tests.receive.kafka.conftest import PositionedSink
from tests.receive.otlp.conftest import record, request
from tests.support.server import wait_until


def numbered(count: int, start: int = 0) -> list[bytes]:
    return [b"line %d" % number for number in range(start, start + count)]


def committed(broker, topic: str, group: str = "prologue") -> int:
    """The sum of the group's offsets of both partitions."""
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": group})
    found = consumer.committed([TopicPartition(topic, number) for number in (0, 1)], timeout=20)
    consumer.close()
    return sum(max(0, partition.offset) for partition in found)


def standing(source: KafkaSource):
    return source._tally.standing()


def test_text_of_both_partitions_is_read_and_committed(broker, topic, sink, start_source):
    broker.send(topic, numbered(500), partition=0, timestamp=1_700_000_000_000)
    broker.send(topic, numbered(500, 500), partition=1, key=b"k")
    source = start_source(sink, {topic: TopicFormat.TEXT}, group="text")
    wait_until(lambda: len(sink.bodies()) == 1000)
    assert sorted(sink.bodies()) == sorted(numbered(1000))
    wait_until(lambda: committed(broker, topic, "text") == 1000)
    found = standing(source)
    assert (found.records, found.errors) == (1000, 0)


def test_json_otlp_and_a_pattern_of_topics(broker, topic, sink, start_source):
    broker.create(f"otel-{topic}")
    broker.send(topic, [b'{"a":1}', None, b'{"b":2}'])
    broker.send(f"otel-{topic}", [request(record("x")).SerializeToString(), b"\xff"])
    start_source(
        sink, {topic: TopicFormat.JSON, f"^otel-{topic}$": TopicFormat.OTLP}, group="formats", tenant="team"
    )
    wait_until(lambda: len(sink.bodies()) == 4)
    assert sorted(sink.bodies()) == [b"x", b'{"a":1}', b'{"b":2}', b"\xff"]
    assert {payload.tenant for payload in sink.payloads} == {"team"}
    wait_until(lambda: committed(broker, topic, "formats") == 3)


def test_nothing_is_committed_that_is_not_durable(broker, topic, sink, start_source):
    sink.hold = True
    broker.send(topic, numbered(10))
    source = start_source(sink, {topic: TopicFormat.TEXT}, group="held")
    wait_until(lambda: bool(sink.held_back))
    assert committed(broker, topic, "held") == 0
    sink.let_go()
    wait_until(lambda: committed(broker, topic, "held") == 10)
    assert standing(source).records == 10


@pytest.mark.parametrize("how", ["refusal", "failure"])
def test_a_full_buffer_is_waited_for_and_nothing_is_lost_or_doubled(broker, topic, sink, start_source, how):
    setattr(sink, how, BufferFull("the buffer is full", retry_after=0))
    broker.send(topic, numbered(300))
    source = start_source(sink, {topic: TopicFormat.TEXT}, group=f"full-{how}")
    wait_until(lambda: standing(source).errors >= 2)
    assert "the buffer is full" in standing(source).last_error
    broker.send(topic, numbered(300, 300))
    assert committed(broker, topic, f"full-{how}") == 0
    setattr(sink, how, None)
    wait_until(lambda: len(sink.bodies()) >= 600)
    assert sink.bodies() == numbered(600)
    wait_until(lambda: committed(broker, topic, f"full-{how}") == 600)


def test_too_much_under_way_pauses_reading(broker, topic, sink, start_source):
    sink.hold = True
    broker.send(topic, [b"x" * 1000] * 200)
    source = start_source(
        sink, {topic: TopicFormat.TEXT}, group="crowded", batch_bytes=10_000, max_inflight_bytes=20_000
    )
    wait_until(lambda: (topic, 0) in source._paused)
    broker.send(topic, numbered(5))
    sink.let_go()
    wait_until(lambda: len(sink.bodies()) == 205)
    assert sink.bodies()[-5:] == numbered(5)


def test_a_tenant_over_its_rate_is_read_more_slowly(broker, topic, sink, start_source):
    limits = RateLimits(LimitSettings(tenant_lines=100, burst=1))
    broker.send(topic, numbered(250))
    source = start_source(sink, {topic: TopicFormat.TEXT}, group="rate", limits=limits)
    wait_until(lambda: len(sink.bodies()) == 250)
    wait_until(lambda: (topic, 0) in source._paused)
    broker.send(topic, numbered(5))
    wait_until(lambda: len(sink.bodies()) == 255)


def test_a_restart_repeats_nothing_that_was_stored_and_not_committed(broker, topic, sink, start_source):
    """The commit is lost with the process: the position in the buffer remembers."""
    broker.send(topic, numbered(50))
    first = start_source(sink, {topic: TopicFormat.TEXT}, group="crash")
    wait_until(lambda: len(sink.bodies()) == 50)
    first.stop(20)
    consumer = Consumer({"bootstrap.servers": broker.address, "group.id": "crash"})
    consumer.commit(offsets=[TopicPartition(topic, 0, 0)], asynchronous=False)
    consumer.close()
    broker.send(topic, numbered(50, 50))
    start_source(sink, {topic: TopicFormat.TEXT}, group="crash")
    wait_until(lambda: len(sink.bodies()) >= 100)
    assert sink.bodies() == numbered(100)
    wait_until(lambda: committed(broker, topic, "crash") == 100)


def test_partitions_move_between_members_without_loss_or_repetition(broker, topic, start_source):
    """Two members with a store each: what both hold together is everything once."""
    one, two = PositionedSink(), PositionedSink()
    broker.send(topic, numbered(200), partition=0)
    broker.send(topic, numbered(200, 200), partition=1)
    first = start_source(one, {topic: TopicFormat.TEXT}, group="members")
    wait_until(lambda: len(one.bodies()) == 400)
    start_source(two, {topic: TopicFormat.TEXT}, group="members")
    wait_until(lambda: len(first._assignment.partitions) == 1)
    broker.send(topic, numbered(100, 400), partition=0)
    broker.send(topic, numbered(100, 500), partition=1)
    wait_until(lambda: len(one.bodies()) + len(two.bodies()) >= 600)
    assert len(two.bodies()) == 100
    first.stop(20)
    broker.send(topic, numbered(100, 600), partition=0)
    broker.send(topic, numbered(100, 700), partition=1)
    wait_until(lambda: len(two.bodies()) >= 300)
    assert sorted(one.bodies() + two.bodies()) == sorted(numbered(800))


def test_a_topic_that_was_deleted_and_made_anew_is_read_from_its_start(broker, topic, sink, start_source):
    broker.send(topic, numbered(20))
    start_source(sink, {topic: TopicFormat.TEXT}, group="anew")
    wait_until(lambda: len(sink.bodies()) == 20)
    broker.delete(topic)
    broker.create(topic, partitions=2)
    broker.send(topic, numbered(10, 100))
    wait_until(lambda: len(sink.bodies()) >= 30)
    assert sink.bodies() == numbered(20) + numbered(10, 100)
    assert len({payload.position.source for payload in sink.payloads if payload.position}) == 2


def test_a_broker_that_is_away_is_told_of(sink):
    settings = KafkaSettings("127.0.0.1:1", {"t": TopicFormat.TEXT})
    source = KafkaSource(settings, Intake(sink))
    source.start()
    wait_until(lambda: source._tally.standing().errors > 0)
    assert "127.0.0.1:1" in source._tally.standing().last_error
    source.stop(20)


def test_an_unknown_option_is_an_error_that_names_the_setting():
    settings = KafkaSettings("127.0.0.1:1", {"t": TopicFormat.TEXT}, options={"no.such.option": "1"})
    with pytest.raises(ConfigError, match=r"no\.such\.option") as caught:
        KafkaSource(settings, Intake(PositionedSink()))
    assert caught.value.key == "kafka.options"


@pytest.mark.parametrize(
    ("options", "cure"),
    [({"sasl.password": "x"}, "kafka.password"), ({"enable.auto.commit": "true"}, "leave it out")],
)
def test_options_that_have_a_setting_of_their_own(options, cure):
    with pytest.raises(ConfigError) as caught:
        KafkaSettings("b:1", {"t": TopicFormat.TEXT}, options=options)
    assert cure in caught.value.cure


def test_brokers_without_topics():
    with pytest.raises(ConfigError) as caught:
        KafkaSettings("b:1", {})
    assert caught.value.key == "kafka.topics"
