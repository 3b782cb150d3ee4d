"""How far sources are held: in order, a tenant's own, bounded."""

from __future__ import annotations

import gzip

import orjson
import pytest
import zstandard

from prologue.receive.positions import MAX_SOURCES


def ask(served, body: object, **headers: str):
    return served.client.post("/api/v1/positions", json=body, headers=headers)


def test_positions_are_answered_in_order_and_for_the_tenant(served):
    held = {"default/a": 7, "other/a": 9}
    served.sink.durable_position = lambda source: held.get(source, 0)
    assert ask(served, {"sources": ["b", "a"]}).json() == {"positions": [0, 7]}
    assert ask(served, {"sources": ["a"]}, **{"X-Scope-OrgID": "other"}).json() == {"positions": [9]}


@pytest.mark.parametrize("encoding", ["zstd", "gzip"])
def test_a_long_question_may_be_compressed(served, encoding):
    served.sink.durable_position = len
    sources = [f"agent:1/file:{number}" for number in range(500)]
    body = orjson.dumps({"sources": sources})
    packed = zstandard.compress(body) if encoding == "zstd" else gzip.compress(body)
    answer = served.client.post("/api/v1/positions", content=packed, headers={"Content-Encoding": encoding})
    assert answer.json() == {"positions": [len(f"default/{source}") for source in sources]}


def test_a_question_that_unpacks_to_too_much_is_refused(served):
    packed = zstandard.compress(b" " * 50_000_000)
    answer = served.client.post("/api/v1/positions", content=packed, headers={"Content-Encoding": "zstd"})
    assert answer.status_code == 413


@pytest.mark.parametrize("body", [[], {"sources": 1}, {"sources": [1]}], ids=str)
def test_a_wrong_question_is_400(served, body):
    answer = ask(served, body)
    assert answer.status_code == 400
    assert answer.json()["cure"]


def test_a_bad_tenant_is_refused(served):
    assert ask(served, {"sources": []}, **{"X-Scope-OrgID": "a b"}).status_code == 400


def test_questions_are_bounded(served):
    assert ask(served, {"sources": [""] * (MAX_SOURCES + 1)}).status_code == 413
    assert served.client.post("/api/v1/positions", content=b"x" * 6_000_000).status_code == 413
