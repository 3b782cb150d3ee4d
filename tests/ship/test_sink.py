"""Shipping: batches, order, retries, refusals, positions; over a real HTTP server that answers by script."""

from __future__ import annotations

import threading
from pathlib import Path

import msgspec
import pytest

from prologue.model import batch
from prologue.model.errors import PayloadTooLarge, PositionConflict, TemporaryError
from prologue.model.payload import Payload, PayloadFormat, SourcePosition
from prologue.ship.refused import Refused

WAIT = 20


def payload(source: str, start: int, data: bytes, tenant: str = "default") -> Payload:
    position = SourcePosition(source, start, start + len(data))
    return Payload(tenant, PayloadFormat.LINES, data, 1, {"app": "a"}, {}, position)


def sent(got) -> list[tuple[str, int, bytes]]:
    return [(p.position[0], p.position[1], p.data) for p in batch.decode(got.body)]


def outcomes(*given: batch.Outcome) -> tuple[int, bytes, dict[str, str]]:
    return 200, msgspec.json.encode(batch.Outcomes(list(given))), {}


def test_an_acknowledgement_is_the_endpoint_s(endpoint, make_sink):
    sink = make_sink(
        {"token": "s3cret", "headers": {"X-Extra": "1"}, "tenant": "t"}, source_prefix="agent:a/"
    )
    assert sink.append(payload("f", 0, b"x" * 500 + b"\n", "t")).result(WAIT).segment == 0
    (got,) = endpoint.got
    assert got.path == "/insert/payloads"
    assert sent(got) == [("agent:a/f", 0, b"x" * 500 + b"\n")]
    assert got.headers["authorization"] == "Bearer s3cret"
    assert (got.headers["x-extra"], got.headers["x-scope-orgid"]) == ("1", "t")
    assert got.headers["content-encoding"] == "zstd"
    assert "s3cret" not in repr(sink._client) + repr(sink._destination)


def test_what_waits_together_travels_together(endpoint, make_sink):
    sink = make_sink(batch_wait=30.0, batch_bytes=100)
    futures = [sink.append(payload(f"f{n}", 0, b"x" * 25)) for n in range(4)]
    for future in futures:
        future.result(WAIT)
    assert [len(sent(got)) for got in endpoint.got] == [4]


def test_tenants_travel_apart(endpoint, make_sink):
    sink = make_sink(batch_wait=30.0, batch_bytes=50)
    futures = [sink.append(payload(f"f{n}", 0, b"x" * 25, f"t{n % 2}")) for n in range(4)]
    assert sink.flush(WAIT)
    for future in futures:
        future.result(WAIT)
    assert {got.headers["x-scope-orgid"] for got in endpoint.got} == {"t0", "t1"}
    for got in endpoint.got:
        assert {source[-1] for source, *_ in sent(got)} in (
            {"0", "2"},
            {"1", "3"},
            {"0"},
            {"1"},
            {"2"},
            {"3"},
        )


def test_payloads_of_a_source_never_overlap_and_keep_their_order(endpoint, make_sink):
    busy: set[str] = set()
    overlaps: list[str] = []
    lock, pause = threading.Lock(), threading.Event()

    def slow(got):
        names = {source for source, *_ in sent(got)}
        with lock:
            overlaps.extend(names & busy)
            busy.update(names)
        pause.wait(0.002)
        with lock:
            busy.difference_update(names)
        return 204, b"", {}

    endpoint.slow = slow
    sink = make_sink(connections=4, batch_bytes=10)
    futures = [sink.append(payload(f"f{n % 3}", n * 10, b"x" * 10)) for n in range(60)]
    for future in futures:
        future.result(WAIT)
    for name in ("f0", "f1", "f2"):
        starts = [start for got in endpoint.got for source, start, _ in sent(got) if source == name]
        assert starts == sorted(starts)
    assert not overlaps


@pytest.mark.parametrize("status", [408, 429, 500, 503, 401, 404, 302])
def test_what_may_succeed_later_is_sent_again(endpoint, make_sink, status):
    endpoint.script = [(status, b"not now", {"Retry-After": "0"})] * 2
    sink = make_sink()
    sink.append(payload("f", 0, b"line\n")).result(WAIT)
    assert [sent(got) for got in endpoint.got] == [[("f", 0, b"line\n")]] * 3
    assert sink.snapshot().retries == 2
    assert str(status) in sink.snapshot().last_error


def test_an_endpoint_that_is_away_is_waited_for(endpoint, make_sink):
    sink = make_sink({"url": "http://127.0.0.1:9"})
    future = sink.append(payload("f", 0, b"line\n"))
    with pytest.raises(TimeoutError):
        future.result(0.2)
    assert "cannot be reached" in sink.snapshot().last_error
    assert not sink.close(0.05)
    with pytest.raises(TemporaryError):
        future.result(WAIT)


def test_retry_after_is_honoured(endpoint, make_sink):
    endpoint.script = [(429, b"", {"Retry-After": "250"})]
    sink = make_sink()
    future = sink.append(payload("f", 0, b"line\n"))
    with pytest.raises(TimeoutError):
        future.result(0.3)
    assert len(endpoint.got) == 1


def test_a_position_conflict_reaches_the_source(endpoint, make_sink):
    endpoint.script = [
        outcomes(batch.Outcome(), batch.Outcome("position_conflict", "x", resume_at=3, again=True))
    ]
    sink = make_sink(batch_bytes=10, batch_wait=30.0)
    good, stale = sink.append(payload("a", 0, b"12345")), sink.append(payload("b", 0, b"12345"))
    good.result(WAIT)
    with pytest.raises(PositionConflict) as caught:
        stale.result(WAIT)
    assert (caught.value.source, caught.value.resume_at) == ("b", 3)


def test_one_payload_s_trouble_is_its_own(endpoint, make_sink):
    endpoint.script = [outcomes(batch.Outcome(), batch.Outcome("buffer_full", "full", again=True))]
    sink = make_sink(batch_bytes=10, batch_wait=30.0)
    for future in (sink.append(payload("a", 0, b"12345")), sink.append(payload("b", 0, b"12345"))):
        future.result(WAIT)
    assert [[source for source, *_ in sent(got)] for got in endpoint.got] == [["a", "b"], ["b"]]


def test_too_large_is_halved_until_one_is_left(endpoint, make_sink):
    def small_only(got):
        return (413, b"too large", {}) if len(got.body) > 200 else (204, b"", {})

    endpoint.default = small_only
    sink = make_sink({"compression": "none"}, batch_bytes=200, batch_wait=30.0)
    fits = [sink.append(payload(f"f{n}", 0, b"x" * 50)) for n in range(3)]
    large = sink.append(payload("l", 0, b"x" * 300))
    for future in fits:
        future.result(WAIT)
    with pytest.raises(PayloadTooLarge) as caught:
        large.result(WAIT)
    assert caught.value.limit == 300


@pytest.mark.parametrize("named", [True, False], ids=["the endpoint names it", "the endpoint does not"])
def test_what_is_refused_for_good_is_put_aside_and_the_rest_goes_on(
    endpoint, make_sink, tmp_path: Path, named
):
    def refuse_bad(got):
        bad = [index for index, (_, _, data) in enumerate(sent(got)) if data == b"bad\n"]
        if not bad:
            return 204, b"", {}
        return 400, b'{"error":"no","index":%d}' % bad[0] if named else b"no", {}

    endpoint.default = refuse_bad
    refused = Refused(tmp_path / "refused", 1000)
    sink = make_sink(batch_bytes=20, batch_wait=30.0, refused=refused)
    data = [b"one\n", b"two\n", b"bad\n", b"ten\n", b"six\n"]
    for future in [sink.append(payload(f"f{n}", 0, line)) for n, line in enumerate(data)]:
        future.result(WAIT)
    (kept,) = (tmp_path / "refused").glob("*.refused")
    header, _, body = kept.read_bytes().partition(b"\n")
    assert body == b"bad\n"
    assert b'"source":"f2"' in header
    assert b"400" in header
    assert sink.snapshot().refused == 1
    assert "put aside" in sink.snapshot().last_error


def test_what_cannot_be_put_aside_waits(endpoint, make_sink, tmp_path: Path):
    endpoint.default = lambda _got: (400, b"no", {})
    sink = make_sink(refused=Refused(tmp_path / "refused", 0))
    with pytest.raises(TimeoutError):
        sink.append(payload("f", 0, b"bad\n")).result(0.2)
    assert len(endpoint.got) > 1


def test_positions_are_learnt_and_kept(endpoint, make_sink):
    def held(got):
        asked = msgspec.json.decode(got.body, type=batch.Positions).sources
        return 200, msgspec.json.encode({"positions": [len(source) for source in asked]}), {}

    endpoint.default = held
    sink = make_sink(source_prefix="p/")
    assert sink.learn(["a", "bbb"])
    assert (sink.durable_position("a"), sink.durable_position("bbb"), sink.durable_position("c")) == (3, 5, 0)


def test_an_endpoint_that_does_not_answer_is_not_waited_for_at_the_start(endpoint, make_sink):
    assert not make_sink({"url": "http://127.0.0.1:9"}).learn(["a"])


def test_sources_in_use_are_asked_about_again_and_again(endpoint, make_sink):
    endpoint.default = lambda _got: (200, b'{"positions":[4]}', {})
    sink = make_sink(refresh=0.02)
    done = threading.Event()
    sink.durable_position("a")
    for _ in range(1000):
        if sink.durable_position("a") == 4:
            break
        done.wait(0.02)
    assert sink.durable_position("a") == 4


def test_closing_sends_what_waits(endpoint, make_sink):
    sink = make_sink(batch_wait=60.0)
    future = sink.append(payload("f", 0, b"line\n"))
    assert sink.close(WAIT)
    assert future.result(0)
    with pytest.raises(TemporaryError):
        sink.append(payload("f", 5, b"line\n"))


def test_an_answer_that_is_not_prologue_s_is_no_acknowledgement(endpoint, make_sink):
    endpoint.script = [(200, b"<html>welcome</html>", {})]
    sink = make_sink()
    sink.append(payload("f", 0, b"line\n")).result(WAIT)
    assert len(endpoint.got) == 2
