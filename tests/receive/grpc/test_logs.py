"""OTLP over gRPC: OpenTelemetry's own exporter, and what the specification says of refusals."""

from __future__ import annotations

import logging
import threading

import grpc
import pytest
from google.rpc.error_details_pb2 import RetryInfo
from google.rpc.status_pb2 import Status
from opentelemetry.exporter.otlp.proto.grpc._log_exporter import OTLPLogExporter
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.sdk._logs import LoggerProvider, LoggingHandler
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.resources import Resource

from prologue.model.errors import BufferFull, EngineError, TemporaryError
from prologue.receive.grpc.answers import DETAILS
from prologue.receive.limits import LimitSettings, RateLimits
from prologue.receive.settings import ReceiveSettings
from tests.receive.otlp.conftest import record, request

SHOP = {"service.name": "shop", "service.instance.id": "i1", "host.name": "n1"}
KINDS = {
    "text": "wörter",
    "number": 7,
    "double": 2.5,
    "flag": True,
    "list": ["a", "b"],
    "map": {"inner": {"deep": 1}},
    "bytes": b"\x00\xff",
}


def details(error: grpc.RpcError) -> Status:
    """The rich status in the trailing metadata."""
    return Status.FromString(dict(error.trailing_metadata())[DETAILS])


@pytest.mark.parametrize("compression", list(grpc.Compression))
def test_the_sdk_exports_to_us(served, compression):
    exporter = OTLPLogExporter(endpoint=f"http://{served.address}", insecure=True, compression=compression)
    provider = LoggerProvider(resource=Resource.create(SHOP))
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    logger = provider.get_logger("shop.cart", "1.0")
    logger.emit(
        timestamp=1_700_000_000_000_000_000,
        body="cart 7 is empty",
        attributes=KINDS,
        event_name="cart.empty",
    )
    logger.emit(body={"reason": "refused"})
    provider.shutdown()
    first, second = served.records()
    assert (first["body"], second["body"]) == (b"cart 7 is empty", b'{"reason":"refused"}')
    assert first["timestamp"] == 1_700_000_000_000_000_000
    assert first["stream"] == '{"service_instance_id":"i1","service_name":"shop"}'
    expected = {
        "text": "wörter",
        "number": "7",
        "double": "2.5",
        "flag": "true",
        "list": '["a","b"]',
        "map_inner_deep": "1",
        "bytes": "AP8=",
        "event_name": "cart.empty",
        "scope_name": "shop.cart",
        "host_name": "n1",
    }
    assert expected.items() <= first["attributes"].items()


def test_the_logging_handler_of_the_sdk(served):
    exporter = OTLPLogExporter(endpoint=f"http://{served.address}", insecure=True)
    provider = LoggerProvider(resource=Resource.create({"service.name": "shop"}))
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    logger = logging.getLogger("prologue.test.otlp")
    logger.propagate = False
    handler = LoggingHandler(logger_provider=provider)
    logger.addHandler(handler)
    try:
        logger.error("payment %s failed", 42, extra={"order": "o-1"})
    finally:
        logger.removeHandler(handler)
        provider.shutdown()
    (row,) = served.records()
    assert (row["body"], row["severity_number"], row["severity_text"]) == (b"payment 42 failed", 17, "ERROR")
    assert row["attributes"]["order"] == "o-1"


def test_the_sdk_tries_again_when_the_buffer_is_full(served, wait_until):
    served.sink.refusal = BufferFull("full", retry_after=1)
    exporter = OTLPLogExporter(endpoint=f"http://{served.address}", insecure=True)
    provider = LoggerProvider()
    provider.add_log_record_processor(BatchLogRecordProcessor(exporter))
    provider.get_logger("x").emit(body="patient")
    sending = threading.Thread(target=provider.shutdown)
    sending.start()
    wait_until(lambda: served.intake.standings.tally("otlp_grpc", "").standing().errors > 0)
    served.sink.refusal = None
    sending.join(30)
    assert [row["body"] for row in served.records()] == [b"patient"]


def test_the_answer_waits_for_durability(served, wait_until):
    served.sink.hold = True
    body = request(record("x")).SerializeToString()
    call = served.channel.unary_unary("/opentelemetry.proto.collector.logs.v1.LogsService/Export").future(
        body
    )
    wait_until(lambda: len(served.sink.futures) == 1)
    assert not call.done()
    served.sink.futures[0].set_result(None)
    assert ExportLogsServiceResponse.FromString(call.result(20)) == ExportLogsServiceResponse()


def test_a_warning_comes_back_as_partial_success_without_rejections(served):
    answer = served.export(request(record(severity_number=99)).SerializeToString())
    partial = ExportLogsServiceResponse.FromString(answer).partial_success
    assert (partial.rejected_log_records, "severity_number" in partial.error_message) == (0, True)


def test_the_tenant_is_metadata(served):
    body = request(record("x")).SerializeToString()
    served.export(body, metadata=[("x-scope-orgid", "team-a")])
    served.export(body)
    assert [payload.tenant for payload in served.sink.payloads] == ["team-a", "default"]
    error = served.refusal(body, metadata=[("x-scope-orgid", "a/b")])
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "not a tenant id" in error.details()


@pytest.mark.parametrize(
    ("refusal", "code", "delay"),
    [
        (BufferFull("the buffer is full", retry_after=3), grpc.StatusCode.RESOURCE_EXHAUSTED, 3),
        (TemporaryError("the buffer is closing"), grpc.StatusCode.UNAVAILABLE, 5),
    ],
)
def test_what_may_pass_says_when_to_come_back(served, refusal, code, delay):
    served.sink.refusal = refusal
    error = served.refusal(request(record()).SerializeToString())
    assert (error.code(), error.details()) == (code, refusal.message)
    status = details(error)
    retry = RetryInfo()
    assert status.details[0].Unpack(retry)
    assert (status.code, retry.retry_delay.seconds) == (code.value[0], delay)


def test_a_rate_is_over(serve):
    with serve(limits=RateLimits(LimitSettings(tenant_lines=1, burst=1))) as served:
        body = request(record(), record(), record()).SerializeToString()
        served.export(body)
        error = served.refusal(body)
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert "limits.tenant_lines_per_second" in error.details()
        retry = RetryInfo()
        assert details(error).details[0].Unpack(retry)
        assert retry.retry_delay.seconds == 2
        served.export(body, metadata=[("x-scope-orgid", "other")])


def test_a_bad_body_is_refused_with_its_reason(served):
    good = request(record("x")).SerializeToString()
    error = served.refusal(b"\x0a\xff")
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert "not an OTLP protobuf request" in error.details()
    assert not details(error).details
    served.export(good)
    standing = served.intake.standings.tally("otlp_grpc", "").standing()
    assert (standing.records, standing.errors) == (1, 1)
    assert "not an OTLP protobuf request" in standing.last_error


def test_our_own_fault_is_internal(served):
    served.sink.failure = EngineError("refused")
    assert served.refusal(request(record()).SerializeToString()).code() is grpc.StatusCode.INTERNAL


def test_a_message_over_the_limit_as_it_travels(serve):
    with serve(ReceiveSettings(max_body_bytes=100_000)) as served:
        assert served.refusal(bytes(100_001)).code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        served.export(request(record("x")).SerializeToString())


def test_a_bomb_costs_the_limit_and_is_named(serve):
    with serve(ReceiveSettings(max_body_bytes=100_000, max_decompressed_bytes=200_000)) as served:
        bomb = b"\x0a" * 50_000_000
        error = served.refusal(bomb, compression=grpc.Compression.Gzip)
        assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
        assert "receive.max_decompressed_bytes" in error.details()


def test_the_health_service(served):
    assert served.channel.unary_unary("/grpc.health.v1.Health/Check")(b"", timeout=20) == b"\x08\x01"


def test_traces_and_metrics_are_not_taken(served):
    path = "/opentelemetry.proto.collector.trace.v1.TraceService/Export"
    with pytest.raises(grpc.RpcError) as caught:
        served.channel.unary_unary(path)(b"", timeout=20)
    assert caught.value.code() is grpc.StatusCode.UNIMPLEMENTED
