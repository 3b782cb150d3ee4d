"""The Kafka source."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from prologue.config.section import SECRET, Section, Size


class Kafka(Section, frozen=True):
    """Topics of Kafka that are read as logs. Off until `kafka.brokers` is set."""

    brokers: Annotated[
        str, Meta(description="Brokers to begin with, `host:port`, joined by commas. Empty: off.")
    ] = ""
    topics: Annotated[
        dict[str, str],
        Meta(
            description="What is read, and what its messages are: `json` (one object each), `text` (one"
            " record each), `otlp` or `otlp_json` (one OTLP request each):"
            " `{orders: json, otel-logs: otlp}`. A name that begins with `^` is a pattern of names."
        ),
    ] = {}
    group: Annotated[
        str,
        Meta(
            description="The consumer group. Several Prologues of one group share the partitions; a new group"
            " reads everything that is there, from the start."
        ),
    ] = "prologue"
    tenant: Annotated[str, Meta(description="The tenant of what is read.")] = "default"
    tenants: Annotated[
        dict[str, str], Meta(description="Other tenants for single topics: `{orders: team-a}`.")
    ] = {}
    time_fields: Annotated[
        tuple[str, ...],
        Meta(
            description="Where the time of a JSON message stands: the first of these that is not empty."
            " Without one, the time is Kafka's."
        ),
    ] = ("_time", "timestamp", "@timestamp", "time", "ts")
    message_fields: Annotated[
        tuple[str, ...],
        Meta(description="Where the line of a JSON message stands: the first of these that is not empty."),
    ] = ("_msg", "message", "msg", "log")
    stream_fields: Annotated[
        tuple[str, ...],
        Meta(description="Fields of JSON messages that become stream labels, beside `topic`."),
    ] = ("service_name", "service", "app", "namespace", "host", "env")
    username: Annotated[str, Meta(description="User name, where the brokers ask for one (SASL).")] = ""
    password: Annotated[str, SECRET, Meta(description="Password of that user.")] = ""
    options: Annotated[
        dict[str, str],
        SECRET,  # sasl.password and ssl.key.password are among them
        Meta(
            description="librdkafka's own options, by its names, for TLS and SASL above all:"
            " `{security.protocol: SASL_SSL, sasl.mechanism: SCRAM-SHA-512, ssl.ca.location: /etc/ca.pem}`."
        ),
    ] = {}
    batch_bytes: Annotated[
        Size, Meta(ge=1024, description="About how many bytes of messages are stored as one payload.")
    ] = 4 * 1024**2
    max_inflight_bytes: Annotated[
        Size,
        Meta(ge=1024, description="How much may be read and not durable yet; over it reading pauses."),
    ] = 32 * 1024**2
