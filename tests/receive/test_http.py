"""The shared HTTP layer, over a real server: limits, tenants, encodings, back-pressure, errors."""

from __future__ import annotations

import gzip
import socket
import threading
import zlib

import httpx
import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prologue.model.errors import BufferFull, ConfigError, EngineError, EngineUnavailable
from prologue.model.payload import PayloadFormat, Receipt
from prologue.receive.limits import LimitSettings, RateLimits
from prologue.receive.settings import ReceiveSettings
from prologue.telemetry import metrics

LINE = b'{"_msg":"hello"}\n'
SMALL = ReceiveSettings(max_body_bytes=1000, max_decompressed_bytes=1000)


def test_a_good_body_is_answered_with_204_and_stored_as_sent(served):
    answer = served.client.post("/insert/jsonline", content=LINE)
    assert (answer.status_code, answer.content) == (204, b"")
    (payload,) = served.sink.payloads
    assert payload.data == LINE
    assert payload.format is PayloadFormat.JSON_LINES
    assert payload.tenant == "default"
    assert payload.received_ns == 1_760_000_000_123_456_789


def test_nothing_is_answered_before_the_sink_says_durable(served, wait_until):
    served.sink.hold = True
    answers: list[httpx.Response] = []
    sender = threading.Thread(
        target=lambda: answers.append(served.client.post("/insert/jsonline", content=LINE))
    )
    sender.start()
    wait_until(lambda: len(served.sink.futures) == 1)
    # A second request is answered while the first still waits: the loop is free.
    other = httpx.post(f"{served.url}/insert/jsonline", content=b"[]")
    assert other.status_code == 400
    assert not answers
    served.sink.futures[0].set_result(Receipt(7))
    sender.join(20)
    assert answers[0].status_code == 204


ENCODINGS = {
    "gzip": gzip.compress,
    "zstd": zstandard.ZstdCompressor().compress,
    "deflate": zlib.compress,
    "identity": bytes,
}


@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encodings(served, encoding):
    answer = served.client.post(
        "/insert/jsonline", content=ENCODINGS[encoding](LINE), headers={"Content-Encoding": encoding}
    )
    assert answer.status_code == 204
    assert served.sink.payloads[0].data == LINE


def test_large_bodies_pass_over_the_decoding_threads(served):
    body = LINE * 20_000
    assert served.client.post(
        "/insert/jsonline", content=gzip.compress(body), headers={"Content-Encoding": "gzip"}
    )
    assert served.sink.payloads[0].data == body


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        pytest.param({"Content-Encoding": "br"}, 415, "unsupported_encoding", id="unknown encoding"),
        pytest.param({"Content-Encoding": "gzip"}, 400, "bad_payload", id="not gzip"),
        pytest.param({"X-Scope-OrgID": "a/b"}, 400, "bad_tenant", id="tenant with a slash"),
        pytest.param({"X-Scope-OrgID": "a|b"}, 400, "bad_tenant", id="two tenants"),
    ],
)
def test_refusals_have_the_one_error_body(served, headers, status, code):
    answer = served.client.post("/insert/jsonline", content=LINE, headers=headers)
    body = answer.json()
    assert answer.status_code == status
    assert set(body) == {"status", "errorType", "error", "code", "index", "cure"}
    assert (body["status"], body["errorType"], body["code"]) == ("error", "bad_data", code)
    assert body["error"] and body["cure"]
    assert not served.sink.payloads


def test_tenant(served):
    served.client.post("/insert/lines", content=b"x", headers={"X-Scope-OrgID": "team-a"})
    assert served.sink.payloads[0].tenant == "team-a"


def test_413_by_content_length_names_the_limit(serve):
    with serve(SMALL) as served:
        answer = served.client.post("/insert/lines", content=b"x" * 1001)
        assert answer.status_code == 413
        assert "1000" in answer.json()["error"]
        assert "max_body_bytes" in answer.json()["cure"]
        assert served.client.post("/insert/lines", content=b"x" * 1000).status_code == 204


def test_413_while_streaming_without_a_content_length(serve):
    with serve(SMALL) as served:
        answer = served.client.post("/insert/lines", content=(b"x" * 100 for _ in range(30)))
        assert answer.status_code == 413
        assert not served.sink.payloads


def test_413_for_what_a_small_body_unpacks_to(serve):
    with serve(SMALL) as served:
        small = gzip.compress(b"x" * 1001)
        assert len(small) < 100
        answer = served.client.post("/insert/lines", content=small, headers={"Content-Encoding": "gzip"})
        assert answer.status_code == 413
        assert "max_decompressed_bytes" in answer.json()["cure"]


@pytest.mark.parametrize("kind", ["tenant", "source"])
def test_a_sender_over_its_rate_is_429_with_retry_after(serve, kind):
    limits = RateLimits(LimitSettings(**{f"{kind}_lines": 2}, burst=1))
    with serve(limits=limits) as served:
        body = b"a\nb\nc\nd\ne\nf\n"
        assert served.client.post("/insert/lines?app=x", content=body).status_code == 204
        answer = served.client.post("/insert/lines?app=x", content=body)
        error = answer.json()
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "2")
        assert error["code"] == "rate_limited"
        assert f"limits.{kind}_lines_per_second" in error["cure"]
        other = served.client.post("/insert/lines?app=x", content=body, headers={"X-Scope-OrgID": "b"})
        assert other.status_code == (204 if kind == "tenant" else 429)
    assert len(served.sink.payloads) == (2 if kind == "tenant" else 1)


def test_a_full_buffer_is_429_with_retry_after(served):
    served.sink.refusal = BufferFull("the buffer is full", retry_after=3)
    answer = served.client.post("/insert/jsonline", content=LINE)
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")
    assert answer.json()["code"] == "buffer_full"


def test_an_unavailable_engine_is_503_with_retry_after(served):
    served.sink.failure = EngineUnavailable("starting")
    answer = served.client.post("/insert/jsonline", content=LINE)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")


def test_our_own_fault_is_500(served):
    served.sink.failure = EngineError("refused")
    answer = served.client.post("/insert/jsonline", content=LINE)
    assert (answer.status_code, answer.json()["errorType"]) == (500, "internal")


def test_bodies_in_flight_are_bounded(serve, wait_until):
    with serve(SMALL) as served:
        served.sink.hold = True
        senders = [
            threading.Thread(
                target=httpx.post, args=(f"{served.url}/insert/lines",), kwargs={"content": b"x" * 900}
            )
            for _ in range(2)
        ]
        for number, sender in enumerate(senders, 1):
            sender.start()
            wait_until(lambda number=number: len(served.sink.futures) == number)
        answer = served.client.post("/insert/lines", content=b"x" * 900)
        assert answer.status_code == 429
        assert "max_inflight_bytes" in answer.json()["cure"]
        for future in served.sink.futures:
            future.set_result(Receipt(0))
        for sender in senders:
            sender.join(20)
        served.sink.hold = False
        assert served.client.post("/insert/lines", content=b"x" * 900).status_code == 204


def test_settings_that_would_refuse_the_largest_body_for_ever_are_refused():
    with pytest.raises(ConfigError, match="max_inflight_bytes"):
        ReceiveSettings(max_body_bytes=1000, max_decompressed_bytes=2000, max_inflight_bytes=2999)
    assert ReceiveSettings(max_body_bytes=1000, max_decompressed_bytes=2000).inflight_limit == 3000


def test_a_sender_that_hangs_up_midway_stores_nothing(served, wait_until):
    def hung_up() -> float:
        return metrics.RECEIVE_REQUESTS.labels("lines", "499")._value.get()

    before = hung_up()
    with socket.create_connection(("127.0.0.1", served.port)) as connection:
        connection.sendall(b"POST /insert/lines HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
    wait_until(lambda: hung_up() == before + 1)
    assert not served.sink.payloads
    assert metrics.RECEIVE_INFLIGHT_BYTES._value.get() == 0


def test_a_sender_that_falls_silent_is_let_go_with_its_memory(serve, wait_until):
    with (
        serve(ReceiveSettings(read_timeout=0.2)) as served,
        socket.create_connection(("127.0.0.1", served.port), timeout=20) as connection,
    ):
        connection.sendall(b"POST /insert/lines HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf")
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
        assert answer.startswith(b"HTTP/1.1 408 ")
        assert b'"code":"body_timeout"' in answer
        wait_until(lambda: metrics.RECEIVE_INFLIGHT_BYTES._value.get() == 0)
        assert not served.sink.payloads


def test_metrics_count_what_was_acknowledged(served):
    def value(metric) -> float:
        return metric.labels("jsonline")._value.get()

    records, wire, body = (
        value(metric)
        for metric in (metrics.RECEIVE_RECORDS, metrics.RECEIVE_WIRE_BYTES, metrics.RECEIVE_BODY_BYTES)
    )
    packed = gzip.compress(LINE * 3)
    served.client.post("/insert/jsonline", content=packed, headers={"Content-Encoding": "gzip"})
    assert value(metrics.RECEIVE_RECORDS) == records + 3
    assert value(metrics.RECEIVE_WIRE_BYTES) == wire + len(packed)
    assert value(metrics.RECEIVE_BODY_BYTES) == body + len(LINE) * 3


# What RFC 9110 section 5.5 lets a field value hold, bytes that are no ASCII included.
HEADER = st.lists(st.integers(0x21, 0xFF).filter(lambda byte: byte != 0x7F), max_size=30).map(bytes)
ANSWERS = {200, 204, 400, 405, 413, 415}


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    path=st.sampled_from(["/insert/jsonline", "/insert/lines", "/loki/api/v1/push", "/v1/logs"]),
    query=st.from_regex(rb"([_a-z&=,]|%[0-9a-f]{2}){0,30}", fullmatch=True),
    headers=st.dictionaries(
        st.sampled_from(
            ["content-type", "content-encoding", "x-scope-orgid", "vl-stream-fields", "vl-extra-fields"]
        ),
        HEADER,
    ),
    body=st.binary(max_size=50),
)
def test_any_request_is_answered(served, path, query, headers, body):
    """Whatever the parameters, headers and body: an answer we document, and an error body with a reason."""
    answer = served.client.post(f"{path}?{query.decode()}", headers=list(headers.items()), content=body)
    assert answer.status_code in ANSWERS
    if answer.status_code >= 400 and answer.headers["content-type"] == "application/json":
        assert answer.json()["error"] and answer.json()["cure"]


def test_only_post(served):
    assert served.client.get("/insert/jsonline").status_code == 405
