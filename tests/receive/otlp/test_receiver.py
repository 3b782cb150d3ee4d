"""OTLP over a real server: OpenTelemetry's own SDK exports, and what the specification says of answers."""

from __future__ import annotations

import gzip

import pytest
import zstandard
from google.rpc.status_pb2 import Status
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

from prologue.model.errors import BufferFull, EngineError
from prologue.receive.otlp.receiver import RECEIVER

PROTOBUF = {"Content-Type": "application/x-protobuf"}
JSON = {"Content-Type": "application/json"}


@pytest.mark.parametrize("compression", [Compression.NoCompression, Compression.Gzip, Compression.Deflate])
def test_the_sdk_exports_to_us(served, compression):
    exporter = OTLPLogExporter(endpoint=f"{served.url}/v1/logs", compression=compression)
    resource = {"service.name": "shop", "service.instance.id": "i1", "host.name": "n1"}
    provider = LoggerProvider(resource=Resource.create(resource))
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    logger = provider.get_logger("shop.cart", "1.0")
    logger.emit(
        timestamp=1_700_000_000_000_000_000,
        severity_number=SeverityNumber.WARN,
        severity_text="WARN",
        body="cart 7 is empty",
        attributes={"cart.id": 7, "items": ["a", "b"], "user": {"name": "x"}},
        event_name="cart.empty",
    )
    logger.emit(body={"reason": "refused"})
    provider.shutdown()
    first, second = served.records()
    assert (first["body"], second["body"]) == (b"cart 7 is empty", b'{"reason":"refused"}')
    assert first["stream"] == '{"service_instance_id":"i1","service_name":"shop"}'
    assert (first["severity_number"], first["severity_text"]) == (13, "WARN")
    assert first["timestamp"] == 1_700_000_000_000_000_000
    assert second["timestamp"] == second["observed"] > 1_700_000_000_000_000_000
    expected = {
        "cart_id": "7",
        "items": '["a","b"]',
        "user_name": "x",
        "host_name": "n1",
        "event_name": "cart.empty",
        "scope_name": "shop.cart",
        "scope_version": "1.0",
        "telemetry_sdk_name": "opentelemetry",
    }
    assert expected.items() <= first["attributes"].items()


@pytest.mark.parametrize("path", RECEIVER.paths)
@pytest.mark.parametrize(
    ("encoding", "pack"),
    [("identity", bytes), ("gzip", gzip.compress), ("zstd", zstandard.ZstdCompressor().compress)],
)
def test_paths_and_encodings(served, otlp_record, otlp_request, path, encoding, pack):
    body = pack(otlp_request(otlp_record("x")).SerializeToString())
    answer = served.client.post(path, content=body, headers={**PROTOBUF, "Content-Encoding": encoding})
    assert (answer.status_code, answer.headers["content-type"]) == (200, "application/x-protobuf")
    assert not ExportLogsServiceResponse.FromString(answer.content).HasField("partial_success")
    assert [row["body"] for row in served.records()] == [b"x"]


def test_json_is_answered_in_json(served):
    body = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"body":{"stringValue":"x"}}]}]}]}'
    answer = served.client.post("/v1/logs", content=body, headers=JSON)
    assert (answer.status_code, answer.json()) == (200, {})
    assert [row["body"] for row in served.records()] == [b"x"]


def test_an_empty_request_is_a_success(served):
    assert served.client.post("/v1/logs", content=b"", headers=PROTOBUF).status_code == 200
    assert not served.sink.payloads


def test_a_warning_comes_back_as_partial_success_without_rejections(served, otlp_record, otlp_request):
    body = otlp_request(otlp_record(severity_number=99)).SerializeToString()
    answer = served.client.post("/v1/logs", content=body, headers=PROTOBUF)
    partial = ExportLogsServiceResponse.FromString(answer.content).partial_success
    assert (partial.rejected_log_records, "severity_number" in partial.error_message) == (0, True)
    text = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{"severityNumber":99}]}]}]}'
    partial = served.client.post("/v1/logs", content=text, headers=JSON).json()["partialSuccess"]
    assert set(partial) == {"errorMessage"} and "severity_number" in partial["errorMessage"]
    assert len(served.records()) == 2


def test_a_refusal_is_a_status_in_protobuf(served):
    answer = served.client.post("/v1/logs", content=b"\xff", headers=PROTOBUF)
    status = Status.FromString(answer.content)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/x-protobuf")
    assert status.code == 3
    assert "not an OTLP protobuf request" in status.message


def test_a_refusal_in_json_is_a_status_and_the_one_error_body(served):
    body = b'{"resourceLogs":[{"scopeLogs":[{"logRecords":[{},{"body":5}]}]}]}'
    answer = served.client.post("/v1/logs", content=body, headers=JSON)
    error = answer.json()
    assert (answer.status_code, error["code"], error["index"], error["errorType"]) == (400, 3, 1, "bad_data")
    assert "log record 1" in error["message"] and error["cure"] in error["message"]


@pytest.mark.parametrize("content_type", ["", "text/plain", "application/grpc"])
def test_other_content_types_are_415(served, content_type):
    answer = served.client.post("/v1/logs", content=b"", headers={"Content-Type": content_type})
    assert (answer.status_code, answer.json()["code"]) == (415, 3)
    assert "application/x-protobuf" in answer.json()["cure"]


def test_back_pressure_is_429_with_retry_after(served, otlp_record, otlp_request):
    served.sink.refusal = BufferFull("full", retry_after=2)
    body = otlp_request(otlp_record()).SerializeToString()
    answer = served.client.post("/v1/logs", content=body, headers=PROTOBUF)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
    assert Status.FromString(answer.content).code == 8


def test_our_own_fault_is_internal(served, otlp_record, otlp_request):
    served.sink.failure = EngineError("refused")
    body = otlp_request(otlp_record()).SerializeToString()
    answer = served.client.post("/v1/logs", content=body, headers=PROTOBUF)
    assert (answer.status_code, Status.FromString(answer.content).code) == (500, 13)
