"""What every HTTP receiver must do, run over every one: see `prologue.receive.receiver`.

A new receiver gets a sample in `tests/support/pushes.py` and is under contract.
"""

from __future__ import annotations

import gzip
import threading
import zlib

import httpx
import pytest
import zstandard

from prologue.model.errors import BufferFull, EngineError, EngineUnavailable
from prologue.model.payload import Receipt
from prologue.receive.settings import ReceiveSettings
from tests.support.pushes import SAMPLES, Sample


@pytest.fixture(scope="module")
def one_server(serve):
    with serve() as running:
        yield running


@pytest.fixture
def served(one_server):
    """The same server for every receiver and duty, with a sink that has seen nothing."""
    sink = one_server.sink
    sink.payloads.clear()
    sink.futures.clear()
    sink.refusal = sink.failure = None
    sink.hold = False
    return one_server


EVERY = pytest.mark.parametrize("sample", SAMPLES.values(), ids=list(SAMPLES))


def send(served, sample: Sample, body: bytes | None = None, **headers: str) -> httpx.Response:
    content = sample.pack(sample.body if body is None else body)
    named = {"Content-Type": sample.content_type} if sample.content_type else {}
    return httpx.post(
        served.url + sample.path, content=content, headers={**named, **sample.headers, **headers}, timeout=60
    )


@EVERY
def test_success_means_durable(served, wait_until, sample):
    served.sink.hold = True
    answers: list[httpx.Response] = []
    sender = threading.Thread(target=lambda: answers.append(send(served, sample)))
    sender.start()
    wait_until(lambda: len(served.sink.futures) == 1)
    assert not answers
    served.sink.futures[0].set_result(Receipt(7))
    sender.join(20)
    assert 200 <= answers[0].status_code < 300
    (payload,) = served.sink.payloads
    assert payload.tenant == "default"


@EVERY
@pytest.mark.parametrize(
    ("encoding", "compress"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("zstd", zstandard.ZstdCompressor().compress)],
)
def test_every_encoding_is_taken(served, sample, encoding, compress):
    answer = httpx.post(
        served.url + sample.path,
        content=compress(sample.pack(sample.body)),
        headers={"Content-Type": sample.content_type, **sample.headers, "Content-Encoding": encoding},
    )
    assert 200 <= answer.status_code < 300, answer.text
    assert len(served.sink.payloads) == 1


@EVERY
def test_what_is_not_in_its_encoding_is_refused(served, sample):
    unknown = send(served, sample, **{"Content-Encoding": "br"})
    broken = send(served, sample, **{"Content-Encoding": "gzip"})
    assert (unknown.status_code, broken.status_code) == (415, 400)
    assert b"br" in unknown.content
    assert b"gzip" in broken.content
    assert not served.sink.payloads


@EVERY
def test_what_is_too_large_is_refused_and_the_limit_named(serve, sample):
    with serve(ReceiveSettings(max_body_bytes=8, max_decompressed_bytes=1000)) as served:
        answer = send(served, sample, sample.large or None)
        assert answer.status_code == 413
        assert b"receive.max_body_bytes" in answer.content
        assert not served.sink.payloads


@EVERY
def test_a_bomb_is_refused(serve, sample):
    with serve(ReceiveSettings(max_decompressed_bytes=100_000)) as served:
        answer = httpx.post(
            served.url + sample.path,
            content=gzip.compress(b" " * 50_000_000),
            headers={"Content-Type": sample.content_type, **sample.headers, "Content-Encoding": "gzip"},
        )
        assert answer.status_code == 413
        assert b"receive.max_decompressed_bytes" in answer.content
        assert not served.sink.payloads


@EVERY
@pytest.mark.parametrize("opening", [b'{"a":', b"["], ids=["objects", "lists"])
def test_deep_nesting_does_no_harm(served, sample, opening):
    closing = {b"[": b"]", b'{"a":': b"}"}[opening]
    answer = send(served, sample, opening * 200_000 + b"1" + closing * 200_000 + b"\n")
    assert answer.status_code < 500
    if answer.status_code >= 300:
        assert not served.sink.payloads


@EVERY
def test_an_empty_body_is_what_the_protocol_says(served, sample):
    answer = send(served, sample, b"")
    assert answer.status_code == sample.empty, answer.text
    assert len(served.sink.payloads) == sample.empty_records


@EVERY
def test_the_tenant_is_the_headers(served, sample):
    assert send(served, sample, **{"X-Scope-OrgID": "team-a"}).is_success
    assert send(served, sample, **{"X-Scope-OrgID": "a/b"}).status_code == 400
    assert [payload.tenant for payload in served.sink.payloads] == ["team-a"]


@EVERY
def test_back_pressure_says_when_to_come_back(served, sample):
    served.sink.refusal = BufferFull("the buffer is full", retry_after=2)
    answer = send(served, sample)
    assert (answer.status_code, answer.headers["retry-after"]) == (sample.busy, "2")


@EVERY
def test_what_could_not_be_made_durable_is_not_acknowledged(served, sample):
    served.sink.failure = EngineUnavailable("the engine is down")
    answer = send(served, sample)
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
    served.sink.failure = EngineError("refused")
    assert send(served, sample).status_code == 500


@pytest.mark.parametrize("name", [name for name in SAMPLES if SAMPLES[name].beside])
def test_good_records_beside_a_bad_one_are_stored(served, name):
    body, stored = SAMPLES[name].beside
    answer = send(served, SAMPLES[name], body)
    assert answer.is_success
    (payload,) = served.sink.payloads
    assert payload.records == stored or payload.data.count(b"\n") + 1 == stored
