"""The form of an answer: chosen by Accept, whole however large."""

from __future__ import annotations

import asyncio
import io

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from starlette.responses import Response

from prologue.model.errors import UserError
from prologue.serve.native.formats import Format, accepted, table_response


@pytest.mark.parametrize(
    ("header", "form"),
    [
        ("", Format.JSON),
        ("*/*", Format.JSON),
        ("application/*", Format.JSON),
        ("application/json", Format.JSON),
        ("Application/JSON; charset=utf-8", Format.JSON),
        ("application/vnd.apache.arrow.stream", Format.ARROW),
        ("application/vnd.apache.parquet", Format.PARQUET),
        ("text/html, application/vnd.apache.parquet", Format.PARQUET),
        ("text/html,application/xhtml+xml,*/*;q=0.8", Format.JSON),
        ("application/json;q=0.2, application/vnd.apache.arrow.stream;q=0.9", Format.ARROW),
        ("application/json;q=0, application/vnd.apache.parquet", Format.PARQUET),
    ],
)
def test_accepted(header: str, form: Format):
    assert accepted(header) is form


@pytest.mark.parametrize("header", ["text/html", "application/json;q=0", "image/png, text/*", "nonsense"])
def test_not_acceptable(header: str):
    with pytest.raises(UserError) as caught:
        accepted(header)
    assert caught.value.code == "not_acceptable"
    assert all(form.value in caught.value.cure for form in Format)


def test_a_weight_that_is_none():
    with pytest.raises(UserError, match="is not a weight"):
        accepted("application/json;q=much")


def body_of(response: Response) -> bytes:
    """What an ASGI server would send."""
    sent: list[bytes] = []

    async def send(message) -> None:
        sent.append(message.get("body", b""))

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    scope = {"type": "http", "method": "POST", "headers": [], "asgi": {"spec_version": "2.4"}}
    asyncio.run(response(scope, receive, send))
    return b"".join(sent)


@pytest.mark.parametrize("rows", [0, 1, 65_536, 200_000])
def test_a_table_is_whole(rows: int):
    table = pa.table({"n": pa.array(range(rows), pa.int64()), "s": pa.array(["é"] * rows, pa.string())})
    arrow = body_of(table_response(table, Format.ARROW))
    assert pa.ipc.open_stream(arrow).read_all().equals(table)
    parquet = body_of(table_response(table, Format.PARQUET))
    assert pq.read_table(io.BytesIO(parquet)).equals(table)
