"""Messages as payloads: joined, whole where they are bad, one position after the other."""

from __future__ import annotations

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prologue.model.payload import PayloadFormat
from prologue.receive.kafka.formats import Chunk, Piece, read_chunk
from prologue.receive.kafka.settings import KafkaSettings, TopicFormat
from prologue.receive.settings import ReceiveSettings
from tests.receive.conftest import read_records
from tests.receive.otlp.conftest import record, request

SETTINGS = KafkaSettings("b:9092", {"t": TopicFormat.JSON}, stream_fields=("app",))
LIMITS = ReceiveSettings()
ARRIVAL = 5


def chunk(*values: bytes, times: list[int] | None = None) -> Chunk:
    count = len(values)
    times = times or [1_700_000_000_000 + at for at in range(count)]
    return Chunk("t", 3, "team", values, [b"k"] + [b""] * (count - 1), range(10, 10 + count), times, ARRIVAL)


def read(kind: TopicFormat, found: Chunk) -> list[Piece]:
    pieces = read_chunk(found, kind, SETTINGS, LIMITS)
    assert [piece.last for piece in pieces] == sorted({piece.last for piece in pieces})
    assert pieces[-1].last == len(found) - 1
    return pieces


def rows(pieces: list[Piece]) -> list[dict]:
    return [row for piece in pieces if piece.payload for row in read_records(piece.payload)]


def test_json_is_joined_by_line_ends():
    (piece,) = read(TopicFormat.JSON, chunk(b'{"a":1}', b'{"b":2}'))
    payload = piece.payload
    assert payload is not None
    assert (payload.format, payload.data) == (PayloadFormat.JSON_LINES, b'{"a":1}\n{"b":2}')
    assert (payload.tenant, payload.labels) == ("team", {"topic": "t"})
    assert payload.params == {"time_field": "_time", "message_field": "_msg", "stream_fields": "app"}
    assert payload.received_ns == 1_700_000_000_001_000_000  # Kafka's time of the newest
    assert piece.records == 2


def test_json_over_several_lines_stays_one_message():
    written = orjson.dumps({"a": "x\ny", "b": [1, 2]}, option=orjson.OPT_INDENT_2)
    (piece,) = read(TopicFormat.JSON, chunk(written, b'{"c":3}', written.replace(b"\n", b"\r\n")))
    assert piece.payload is not None
    lines = bytes(piece.payload.data).split(b"\n")
    assert [orjson.loads(line) for line in lines] == [orjson.loads(written), {"c": 3}, orjson.loads(written)]


def test_text_keeps_every_byte_and_has_kafka_s_time():
    pieces = read(TopicFormat.TEXT, chunk(b"one\ntwo", b"\xff\x00", b""))
    first, second, third = rows(pieces)
    assert [first["body"], second["body"], third["body"]] == [b"one\ntwo", b"\xff\x00", b""]
    assert first["timestamp"] == 1_700_000_000_000_000_000
    assert first["attributes"] == {"partition": "3", "offset": "10", "key": "k"}
    assert second["attributes"] == {"partition": "3", "offset": "11"}
    assert first["stream"] == '{"service_name":"t","topic":"t"}'


def test_a_message_without_a_time_has_the_arrival_s():
    assert rows(read(TopicFormat.TEXT, chunk(b"x", times=[0])))[0]["timestamp"] == ARRIVAL


def otlp(*bodies: str) -> bytes:
    return request(*[record(body) for body in bodies], resource={"service.name": "s"}).SerializeToString()


def test_otlp_requests_are_joined():
    pieces = read(TopicFormat.OTLP, chunk(otlp("a", "b"), otlp("c")))
    assert [row["body"] for row in rows(pieces)] == [b"a", b"b", b"c"]
    assert [(piece.last, piece.records) for piece in pieces] == [(1, 3)]


def test_one_bad_otlp_message_is_kept_whole_and_the_others_are_read():
    values = [otlp(str(number)) for number in range(9)]
    values[5] = b"\x0a\xff bad"
    pieces = read(TopicFormat.OTLP, chunk(*values))
    found = rows(pieces)
    assert [row["body"] for row in found] == [b"0", b"1", b"2", b"3", b"4", b"\x0a\xff bad", b"6", b"7", b"8"]
    bad = found[5]["attributes"]
    assert (bad["__error__"], bad["offset"], bad["partition"]) == ("OTLPParserErr", "15", "3")
    assert "not an OTLP protobuf request" in bad["__error_details__"]
    assert [bool(piece.error) for piece in pieces].count(True) == 1
    assert sum(piece.records for piece in pieces) == 9


def test_otlp_in_json():
    body = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"x"}}]}]}]}'
    found = rows(read(TopicFormat.OTLP_JSON, chunk(body, b"no json", body)))
    assert [row["body"] for row in found] == [b"x", b"no json", b"x"]
    assert found[1]["attributes"]["__error__"] == "OTLPParserErr"


def test_a_request_without_records_is_no_payload():
    (piece,) = read(TopicFormat.OTLP, chunk(b"", b""))
    assert (piece.payload, piece.records, piece.last) == (None, 0, 1)


@pytest.mark.parametrize("kind", list(TopicFormat))
@settings(max_examples=120, deadline=None)
@given(values=st.lists(st.binary(max_size=40) | st.just(otlp("good")), min_size=1, max_size=12))
def test_any_messages(kind, values):
    """Nothing crashes, nothing is left out: what is no OTLP is there whole."""
    pieces = read(kind, chunk(*values))
    if kind is not TopicFormat.JSON:
        found = rows(pieces)
        assert sum(piece.records for piece in pieces) == len(found)
        for piece in pieces:
            if piece.error:
                assert values[piece.last] in [row["body"] for row in found]
    if kind is TopicFormat.TEXT:
        assert [row["body"] for row in rows(pieces)] == values
