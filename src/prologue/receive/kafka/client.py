"""The consumer as librdkafka makes it, its options, and its errors as ours.

Next chapter: `prologue.receive.kafka.source`, which reads with it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

from confluent_kafka import Consumer, KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import AdminClient

from prologue.model.errors import ConfigError
from prologue.receive.kafka.settings import KafkaSettings

logger = logging.getLogger(__name__)

_QUEUE_KIB = 32 * 1024  # messages librdkafka has fetched and we have not asked for
_TIMEOUT = 10.0
_NOT_TOLD = frozenset(
    {
        KafkaError.TOPIC_AUTHORIZATION_FAILED,
        KafkaError.CLUSTER_AUTHORIZATION_FAILED,
        KafkaError.UNSUPPORTED_VERSION,
        KafkaError._UNSUPPORTED_FEATURE,
    }
)


def open_consumer(
    settings: KafkaSettings,
    told: Callable[[KafkaError], None],
    committed: Callable[[KafkaError | None, list[TopicPartition]], None],
) -> Consumer:
    """A member of the group. `told` hears of errors of the connection, `committed` of what became of each
    commit. Raises `ConfigError`."""
    options: dict[str, Any] = {
        "client.id": "prologue",
        "auto.offset.reset": "earliest",
        "queued.max.messages.kbytes": _QUEUE_KIB,
        **_connection(settings),
        "group.id": settings.group,
        # Offsets are committed by us, once what is before them is durable; and a rebalance leaves
        # partitions that stay with a member running.
        "enable.auto.commit": False,
        "enable.auto.offset.store": False,
        "partition.assignment.strategy": "cooperative-sticky",
        "error_cb": told,
        "on_commit": committed,
    }
    try:
        return Consumer(options, logger=logger)
    except (KafkaException, TypeError, ValueError) as error:
        raise ConfigError(
            f"the Kafka consumer cannot be made: {reason(error)}",
            key="kafka.options",
            cure="use librdkafka's names and values for kafka.options",
        ) from error


def topic_id(settings: KafkaSettings, topic: str) -> str:
    """What tells this topic from one of the same name that was deleted; "-" where nobody tells.

    Brokers before 2.8 have no ids, and asking takes the permission to describe the topic. Raises
    `KafkaException` for what may pass.
    """
    admin = AdminClient(_connection(settings), logger=logger)
    asked = admin.describe_topics(TopicCollection([topic]), request_timeout=_TIMEOUT)
    try:
        return str(asked[topic].result().topic_id or "-")
    except KafkaException as error:
        if error.args[0].code() not in _NOT_TOLD:
            raise
        logger.warning("kafka: the id of topic %s is not known: %s", topic, reason(error))
        return "-"


def cluster_id(consumer: Consumer) -> str:
    """The cluster's own name for itself. Raises `KafkaException` where no broker answers."""
    return str(consumer.list_topics(timeout=_TIMEOUT).cluster_id)


def reason(error: BaseException) -> str:
    """The words of an error, without librdkafka's braces around them."""
    first = error.args[0] if error.args else error
    return str(first.str()) if isinstance(first, KafkaError) else str(first)


def _connection(settings: KafkaSettings) -> dict[str, Any]:
    login = {"sasl.username": settings.username, "sasl.password": settings.password}
    return {
        **settings.options,
        "bootstrap.servers": settings.brokers,
        **{name: value for name, value in login.items() if value},
    }
