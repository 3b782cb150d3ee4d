"""Every path says the same about the same lines, and what is cached is what was made."""

from __future__ import annotations

import json

import pyarrow as pa
import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

from bench import encodings, generate
from prologue.receive.loki.receiver import decode
from prologue.receive.receiver import Push
from prologue.receive.settings import ReceiveSettings

ROWS = 9_000  # two whole bodies and a part of one


@pytest.fixture
def bodies(tmp_path, monkeypatch):
    monkeypatch.setattr(encodings, "CACHE", tmp_path)
    return lambda path: encodings.bodies(path, ROWS)


def lines():
    return [line for block in generate.blocks(ROWS, 1_000) for line in block]


def test_lines_are_the_same_each_time_and_however_they_are_cut():
    assert lines() == next(generate.blocks(ROWS, ROWS))
    assert len({line.trace_id for line in lines()}) == ROWS
    assert len({line.pod_name for line in lines()}) == 50
    assert len({line.service for line in lines()}) == 10


@pytest.mark.parametrize("path", encodings.ENCODINGS)
def test_bodies_cover_all_rows_and_come_back_from_the_cache(bodies, path):
    made = bodies(path)
    again = bodies(path)
    assert made.rows == ROWS
    assert made.bodies == again.bodies
    assert [made.bytes_of(body) for body in made.bodies] == [again.bytes_of(body) for body in again.bodies]
    assert made.bodies[-1].end == len(made.data)


def test_json_lines(bodies):
    made = bodies("jsonlines")
    found = [json.loads(row) for body in made.bodies for row in bytes(made.bytes_of(body)).splitlines()]
    assert [(row["_msg"], row["level"], row["pod"], int(row["trace_id"], 16)) for row in found] == [
        (line.message, line.level, line.pod_name, line.trace_id) for line in lines()
    ]
    assert found[1]["_time"] == "2026-09-21T14:13:20.001000000Z"


def test_text_lines_stand_under_the_labels_of_their_pod(bodies):
    made = bodies("text")
    said = {f"{line.trace_id:032x}": line for line in lines()}
    for body in made.bodies:
        for row in bytes(made.bytes_of(body)).decode().splitlines():
            time, level, trace, message = row.replace("  ", " ").split(" ", 3)
            line = said.pop(trace.removeprefix("trace="))
            assert (time, level.lower(), message) == (line.time_text, line.level, line.message)
            assert f"pod={line.pod_name}&" in body.query
    assert not said


def test_loki_push_says_the_same(bodies):
    made = bodies("loki")
    found = set()
    for body in made.bodies:
        push = Push(bytes(made.bytes_of(body)), "t", 1, content_type=made.content_type)
        (payload,) = decode(push, ReceiveSettings()).payloads
        for row in pa.ipc.open_stream(pa.py_buffer(payload.data)).read_all().to_pylist():
            attributes = dict(row["attributes"])
            assert (attributes.pop("status"), attributes.pop("region")) == ("200", "cn-north-1")
            pod = json.loads(row["stream"])["pod"]
            found.add((row["timestamp"], pod, attributes["level"], int(row["trace_id"], 16), row["body"]))
    assert found == {
        (line.time_ns, line.pod_name, line.level, line.trace_id, line.message.encode()) for line in lines()
    }


def test_otlp_says_the_same(bodies):
    made = bodies("otlp")
    found = set()
    for body in made.bodies:
        request = ExportLogsServiceRequest.FromString(bytes(made.bytes_of(body)))
        for group in request.resource_logs:
            labels = {item.key: item.value.string_value for item in group.resource.attributes}
            for record in group.scope_logs[0].log_records:
                trace = int.from_bytes(record.trace_id, "big")
                level, message = record.severity_text, record.body.string_value
                found.add((record.time_unix_nano, labels["k8s.pod.name"], level, trace, message))
    assert found == {
        (line.time_ns, line.pod_name, line.level, line.trace_id, line.message) for line in lines()
    }
