"""OTLP as bytes: read back by OpenTelemetry's own generated classes, and by a real server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import (
    ExportLogsPartialSuccess,
    ExportLogsServiceRequest,
    ExportLogsServiceResponse,
)

from prologue.model.payload import Payload, PayloadFormat
from prologue.ship.otlp import partial_success
from prologue.ship.refused import Refused

T = "2026-01-02T03:04:05.000000006Z"
T_NS = 1_767_323_045_000_000_006
ANSWER = (200, b"", {})


def cri(data: str) -> Payload:
    labels = {"service_name": "cart", "pod": "p", "team": "shop"}
    return Payload("default", PayloadFormat.LINES, data.encode(), 5, labels, {"framing": "cri"})


def test_a_request_is_what_opentelemetry_reads(endpoint, make_sink: Callable) -> None:
    endpoint.default = lambda _got: ANSWER
    entry = b'{"MESSAGE":"m","PRIORITY":"3","_PID":"1","__REALTIME_TIMESTAMP":"7"}\n'
    journal = Payload("default", PayloadFormat.LINES, entry, 5, {"host": "h"}, {"framing": "journal"})
    sink = make_sink({"protocol": "otlp"}, batch_bytes=100_000, batch_wait=60.0)
    long = "x" * 20_000
    futures = [sink.append(cri(f"{T} stdout F one\n{T} stderr F {long}\n")), sink.append(journal)]
    assert sink.flush(20)
    for future in futures:
        future.result(20)
    (got,) = endpoint.got
    assert (got.path, got.headers["content-type"]) == ("/v1/logs", "application/x-protobuf")
    assert got.headers["content-encoding"] == "gzip"
    assert "x-scope-orgid" not in got.headers
    first, second = ExportLogsServiceRequest.FromString(got.body).resource_logs
    attributes = {a.key: a.value.string_value for a in first.resource.attributes}
    assert attributes == {"service.name": "cart", "k8s.pod.name": "p", "team": "shop"}
    one, two = first.scope_logs[0].log_records
    assert (one.time_unix_nano, one.observed_time_unix_nano, one.body.string_value) == (T_NS, 5, "one")
    assert two.body.string_value == long
    assert [(a.key, a.value.string_value) for a in two.attributes] == [("log.iostream", "stderr")]
    (entry_record,) = second.scope_logs[0].log_records
    assert (entry_record.severity_number, entry_record.severity_text) == (17, "err")
    assert [(a.key, a.value.string_value) for a in entry_record.attributes] == [("_PID", "1")]


def test_what_is_rejected_is_put_aside_and_not_sent_again(
    endpoint, make_sink: Callable, tmp_path: Path
) -> None:
    response = ExportLogsServiceResponse(
        partial_success=ExportLogsPartialSuccess(rejected_log_records=2, error_message="too old")
    ).SerializeToString()
    assert partial_success(response) == "2 records: too old"
    endpoint.default = lambda _got: (200, response, {})
    sink = make_sink({"protocol": "otlp"}, batch_bytes=60, batch_wait=60.0, refused=Refused(tmp_path, 10_000))
    futures = [sink.append(cri(f"{T} stdout F {n}\n")) for n in range(2)]
    for future in futures:
        future.result(20)
    assert len(endpoint.got) == 1
    assert len(list(tmp_path.glob("*.refused"))) == 2


def test_an_answer_without_rejections_is_a_success() -> None:
    assert partial_success(ExportLogsServiceResponse().SerializeToString()) == ""
    warning = ExportLogsServiceResponse(partial_success=ExportLogsPartialSuccess(error_message="slow"))
    assert partial_success(warning.SerializeToString()) == ""
    assert partial_success(b"\xff\xff\xff") == ""
