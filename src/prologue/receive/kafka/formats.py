"""Messages of one partition as payloads: joined where the format can be, so that columns stay cheap.

JSON objects are joined by line ends, OTLP requests simply one behind the other (protobuf's encoding of a
repeated field can be concatenated). A message that is not what its topic's format says is stored whole
with the reason in `__error__`, like a line that cannot be parsed; those around it are not touched.

Next chapter: `prologue.receive.kafka.partition`, which sends the payloads.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from prologue.model.errors import LimitError, UserError
from prologue.model.labels import canonical
from prologue.model.payload import Payload, PayloadFormat
from prologue.receive.arrow import pa
from prologue.receive.columns import Columns, attribute_maps, dictionary, records_payload
from prologue.receive.kafka.settings import KafkaSettings, TopicFormat
from prologue.receive.otlp.answers import JSON, PROTOBUF
from prologue.receive.otlp.receiver import decode as decode_otlp
from prologue.receive.receiver import Push
from prologue.receive.settings import ReceiveSettings


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive messages of one partition that have a value. `times` are Kafka's, Unix ms, 0 for none;
    `keys` are empty where there is none. `received_ns` is the arrival."""

    topic: str
    partition: int
    tenant: str
    values: Sequence[bytes]
    keys: Sequence[bytes]
    offsets: Sequence[int]
    times: Sequence[int]
    received_ns: int

    def __len__(self) -> int:
        return len(self.values)

    def part(self, start: int, end: int) -> Chunk:
        cut = slice(start, end)
        return Chunk(
            self.topic,
            self.partition,
            self.tenant,
            self.values[cut],
            self.keys[cut],
            self.offsets[cut],
            self.times[cut],
            self.received_ns,
        )

    def push(self, body: bytes, content_type: str = "") -> Push:
        """The chunk as a receiver's decoder sees it. A record without a time has its newest message's."""
        sent = max(self.times) * 1_000_000
        return Push(body, self.tenant, sent if sent > 0 else self.received_ns, content_type=content_type)


@dataclass(frozen=True, slots=True)
class Piece:
    """A payload and the messages it holds: up to and with the one at `last` of the chunk.

    No payload where they hold no record. `error` says what was wrong with a message that was kept whole.
    """

    payload: Payload | None
    last: int
    records: int
    error: str = ""


def read_chunk(
    chunk: Chunk, kind: TopicFormat, settings: KafkaSettings, limits: ReceiveSettings
) -> list[Piece]:
    """All messages of the chunk, in order."""
    if kind is TopicFormat.JSON:
        return [_json(chunk, settings)]
    if kind is TopicFormat.TEXT:
        return [_whole(chunk)]
    return _otlp(chunk, _OTLP[kind], limits)


def _json(chunk: Chunk, settings: KafkaSettings) -> Piece:
    values = chunk.values
    body = b"\n".join(values)
    if body.count(b"\n") >= len(values):
        # Between JSON's tokens a line end is a blank, and inside of its strings it cannot stand.
        body = b"\n".join(value.replace(b"\r\n", b" ").replace(b"\n", b" ") for value in values)
    names = {
        "time_field": settings.time_fields,
        "message_field": settings.message_fields,
        "stream_fields": settings.stream_fields,
    }
    payload = Payload(
        tenant=chunk.tenant,
        format=PayloadFormat.JSON_LINES,
        data=body,
        received_ns=chunk.push(b"").received_ns,
        labels={"topic": chunk.topic},
        params={name: ",".join(fields) for name, fields in names.items() if fields},
    )
    return Piece(payload, len(chunk) - 1, len(chunk))


def _whole(chunk: Chunk, error: Mapping[str, str] | None = None) -> Piece:
    """One record a message, with Kafka's time; key, partition and offset are attributes."""
    count = len(chunk)
    names = ["partition", "offset", "key", *(error or {})]
    partition = pa.repeat(str(chunk.partition), count)
    offsets = pa.array(chunk.offsets, pa.int64()).cast(pa.string())
    keys = pa.array([key.decode("utf-8", "replace") for key in chunk.keys], pa.string())
    columns = [partition, offsets, keys, *(pa.repeat(text, count) for text in (error or {}).values())]
    # Column after column, then record after record.
    order = np.arange(count * len(names)).reshape(len(names), count).T.ravel()
    values = pa.concat_arrays(columns).take(pa.array(order))
    pairs = pa.array(names * count, pa.string())
    given = np.flatnonzero(np.asarray(values) != "")
    owner = np.repeat(np.arange(count), len(names))[given]
    taken = pa.array(given)
    stream = canonical({"topic": chunk.topic, "service_name": chunk.topic})
    decoded = records_payload(
        chunk.push(b""),
        Columns(
            timestamp=np.array(chunk.times, np.int64) * 1_000_000,
            stream=dictionary([stream], np.zeros(count, np.int32)),
            body=pa.array(chunk.values, pa.large_binary()),
            attributes=attribute_maps(owner, count, pairs.take(taken), values.take(taken)),
        ),
    )
    return Piece(decoded.payloads[0], count - 1, count)


@dataclass(frozen=True, slots=True)
class _Encoding:
    """One of OTLP's two: its content type, and whether requests can be joined."""

    content_type: str
    joins: bool


_OTLP: Mapping[TopicFormat, _Encoding] = {
    TopicFormat.OTLP: _Encoding(PROTOBUF, joins=True),
    TopicFormat.OTLP_JSON: _Encoding(JSON, joins=False),
}


def _otlp(chunk: Chunk, encoding: _Encoding, limits: ReceiveSettings) -> list[Piece]:
    if encoding.joins or len(chunk) == 1:
        try:
            decoded = decode_otlp(chunk.push(b"".join(chunk.values), encoding.content_type), limits)
            payload = decoded.payloads[0] if decoded.payloads else None
            return [Piece(payload, len(chunk) - 1, decoded.records)]
        except (UserError, LimitError) as error:
            if len(chunk) == 1:
                details = {"__error__": "OTLPParserErr", "__error_details__": error.message}
                piece = _whole(chunk, details)
                return [Piece(piece.payload, piece.last, piece.records, error.message)]
    # Halves, so that one bad message among a thousand costs ten more tries and not a thousand.
    middle = len(chunk) // 2
    return [
        Piece(piece.payload, piece.last + shift, piece.records, piece.error)
        for shift, part in ((0, chunk.part(0, middle)), (middle, chunk.part(middle, len(chunk))))
        for piece in _otlp(part, encoding, limits)
    ]
