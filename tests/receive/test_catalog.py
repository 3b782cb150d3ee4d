"""The contract of every receiver, run over every one: no input crashes a decoder, and each is documented."""

from __future__ import annotations

from pathlib import Path

import orjson
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prologue.model.errors import LimitError, PrologueError, UserError
from prologue.model.payload import PayloadFormat
from prologue.model.record import RECORD_SCHEMA
from prologue.receive.catalog import RECEIVERS
from prologue.receive.receiver import Push
from prologue.receive.settings import ReceiveSettings
from tests.support.pushes import SAMPLES, Sample

SETTINGS = ReceiveSettings()
BY_NAME = {receiver.name: receiver for receiver in RECEIVERS}
DOCS = Path(__file__).parents[2] / "docs" / "receivers"


def push_of(sample: Sample, body: bytes) -> Push:
    return Push(
        sample.pack(body),
        "default",
        1_700_000_000_000_000_000,
        content_type=sample.content_type,
        headers=sample.headers,
        path=sample.path.partition("?")[0],
        path_parameters=sample.path_parameters,
    )


def read(name: str, body: bytes) -> None:
    """Decodes a body as `name`; whatever comes out must be sound, and only our own errors may come up."""
    sample = SAMPLES[name]
    try:
        decoded = BY_NAME[sample.receiver].decode(push_of(sample, body), SETTINGS)
    except (UserError, LimitError) as error:
        assert error.message
        return
    for payload in decoded.payloads:
        if payload.format is PayloadFormat.RECORDS:
            table = pa.ipc.open_stream(payload.data).read_all()
            table.validate(full=True)
            assert table.schema.equals(RECORD_SCHEMA)
            assert table.num_rows == payload.records
            assert min(table["timestamp"].to_pylist()) > 0


@pytest.mark.parametrize("name", SAMPLES)
def test_the_samples_are_good(name):
    sample = SAMPLES[name]
    decoded = BY_NAME[sample.receiver].decode(push_of(sample, sample.body), SETTINGS)
    assert decoded.records == sample.records
    assert len(decoded.payloads) == 1


def test_every_receiver_has_a_sample():
    assert {sample.receiver for sample in SAMPLES.values()} == set(BY_NAME)


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=150, deadline=None)
@given(body=st.binary(max_size=300))
def test_any_bytes(name, body):
    read(name, body)


@pytest.mark.parametrize("name", SAMPLES)
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_damaged_bodies(name, data):
    """Bytes changed, cut out and repeated in a good body, where the decoders' deep paths are."""
    body = bytearray(SAMPLES[name].body)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, max(len(body) - 1, 0)))
        size = data.draw(st.integers(0, 12))
        piece = data.draw(st.one_of(st.binary(max_size=12), st.just(bytes(body[place : place + size]) * 2)))
        body[place : place + size] = piece
    read(name, bytes(body))


JSON_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False)
    | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


def is_one_document(body: bytes) -> bool:
    try:
        orjson.loads(body)
    except orjson.JSONDecodeError:
        return False
    return True


def paths(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path] + [deeper for key, item in inner for deeper in paths(item, (*path, key))]


@pytest.mark.parametrize("name", [name for name in SAMPLES if is_one_document(SAMPLES[name].body)])
@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_json_with_any_value_anywhere(name, data):
    document = orjson.loads(SAMPLES[name].body)
    path = data.draw(st.sampled_from(paths(document)[1:]))
    holder = document
    for key in path[:-1]:
        holder = holder[key]
    holder[path[-1]] = data.draw(JSON_VALUES)
    read(name, orjson.dumps(document))


@pytest.mark.parametrize("receiver", RECEIVERS, ids=lambda receiver: receiver.name)
def test_errors_of_every_kind_are_worded(receiver):
    for error in (UserError("u", cure="c"), LimitError("l"), PrologueError("p")):
        for content_type in ("application/json", "application/x-protobuf", ""):
            push = Push(b"", "default", 1, content_type=content_type)
            answer = receiver.answers.failure(error, push)
            assert 400 <= answer.status <= 500
            assert error.message.encode() in answer.body


def test_names_and_paths_are_unique():
    assert len(BY_NAME) == len(RECEIVERS)
    every = [path for receiver in RECEIVERS for path in receiver.paths]
    assert len(set(every)) == len(every)


@pytest.mark.parametrize("receiver", RECEIVERS, ids=lambda receiver: receiver.name)
def test_every_receiver_is_documented(receiver):
    page = (DOCS / f"{receiver.name}.md").read_text()
    for path in receiver.paths:
        assert f"`POST {path}`" in page
