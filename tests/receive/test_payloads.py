"""Agents' payloads: each is answered by itself; sources belong to tenants; damage is told with its place."""

from __future__ import annotations

import msgspec
import pytest

from prologue.model import batch
from prologue.model.errors import BufferFull, LimitError, PayloadError, PositionConflict
from prologue.model.payload import Payload, PayloadFormat, SourcePosition
from prologue.receive import payloads
from prologue.receive.settings import ReceiveSettings

SETTINGS = ReceiveSettings()


def payload(data: bytes = b"one\ntwo\n", **changes: object) -> Payload:
    fields = {
        "tenant": "default",
        "format": PayloadFormat.LINES,
        "data": data,
        "received_ns": 1_700_000_000_000_000_000,
        "labels": {"app": "cart"},
        "params": {"framing": "cri"},
        "position": SourcePosition("file:1", 0, len(data)),
    }
    return Payload(**(fields | changes))


def test_what_an_agent_sends_arrives_as_it_was(make_push):
    sent = [payload(), payload(b"x", position=None), payload(memoryview(b"view\n"))]
    decoded = payloads.decode(make_push(batch.encode(sent, "agent:a/"), tenant="t"), SETTINGS)
    first, second, third = decoded.payloads
    assert (first.data, first.params, first.tenant, first.records) == (
        b"one\ntwo\n",
        {"framing": "cri"},
        "t",
        2,
    )
    assert first.labels == {"app": "cart", "service_name": "cart"}
    assert first.position == SourcePosition("t/agent:a/file:1", 0, 8)
    assert (second.data, second.position, third.data) == (b"x", None, b"view\n")
    assert decoded.records == 4


WRONG = {
    "records are not checked": payload(format=PayloadFormat.RECORDS),
    "no lines": payload(b" \n"),
    "no time": payload(received_ns=0),
    "a time that is none": payload(received_ns=1 << 63),
    "an empty source": payload(position=SourcePosition("", 0, 8)),
    "a long source": payload(position=SourcePosition("x" * 600, 0, 8)),
    "ends before it starts": payload(position=SourcePosition("f", 8, 8)),
    "a label that is none": payload(labels={"a-b": "c"}),
    "too many labels": payload(labels={f"l{n}": "v" for n in range(300)}),
}


@pytest.mark.parametrize("wrong", WRONG.values(), ids=WRONG)
def test_a_wrong_payload_is_named(make_push, wrong):
    with pytest.raises(PayloadError) as caught:
        payloads.decode(make_push(batch.encode([payload(), wrong])), SETTINGS)
    assert caught.value.index == 1


def test_another_version_is_refused(make_push):
    body = msgspec.msgpack.encode([2, []])
    with pytest.raises(PayloadError, match="version 2"):
        payloads.decode(make_push(body), SETTINGS)


def test_too_many_payloads(make_push):
    with pytest.raises(LimitError):
        payloads.decode(make_push(batch.encode([payload()] * 5000)), SETTINGS)


def post(served, *sent: Payload, **headers: str):
    return served.client.post(batch.PAYLOADS_PATH, content=batch.encode(sent), headers=headers)


def test_all_durable_is_204(served):
    assert post(served, payload(), payload()).status_code == 204
    assert [p.labels["app"] for p in served.sink.payloads] == ["cart", "cart"]


def test_each_payload_has_its_own_outcome(served):
    errors = [None, PositionConflict("overlap", source="f", resume_at=5), BufferFull("full", retry_after=7)]
    take, left = served.sink.append, iter(errors)

    def append(given):
        if (error := next(left)) is not None:
            raise error
        return take(given)

    served.sink.append = append
    answer = post(served, payload(), payload(), payload())
    assert answer.status_code == 200
    stored, conflict, full = msgspec.json.decode(answer.content, type=batch.Outcomes).outcomes
    assert stored.code == ""
    assert (conflict.code, conflict.resume_at, conflict.again) == ("position_conflict", 5, True)
    assert (full.code, full.again, full.retry_after) == ("buffer_full", True, 7)


def test_a_buffer_that_takes_nothing_is_429_as_everywhere(served):
    served.sink.refusal = BufferFull("full", retry_after=9)
    answer = post(served, payload(), payload())
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "9")


def test_a_failure_after_the_append_is_an_outcome_too(served):
    served.sink.failure = PositionConflict("overlap", source="f", resume_at=3)
    (outcome,) = msgspec.json.decode(post(served, payload()).content, type=batch.Outcomes).outcomes
    assert outcome.resume_at == 3
