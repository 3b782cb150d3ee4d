"""The CloudEvents SDK, in each mode of the HTTP binding."""

from __future__ import annotations

import importlib.metadata
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from cloudevents.core.bindings.http import to_binary_event, to_structured_event
from cloudevents.core.v1.event import CloudEvent

from tests.support.matrix import record

COUNT = 40


def event(run: str, number: int) -> CloudEvent:
    data = {"message": f"order {number} placed", "order": {"id": number}, "type": "inner"}
    return CloudEvent(
        {
            "source": run,
            "type": "order.placed",
            "subject": f"order/{number}",
            "time": datetime.now(UTC) - timedelta(seconds=COUNT - number),
            "datacontenttype": "application/json",
            "region": "eu",
        },
        data,
    )


def send(url: str, mode: str, events: list[CloudEvent]) -> None:
    if mode == "batch":
        bodies = [to_structured_event(each).body for each in events]
        content = b"[" + b",".join(bodies) + b"]"
        headers = {"Content-Type": "application/cloudevents-batch+json"}
        assert httpx.post(url, headers=headers, content=content).status_code == 204
        return
    convert = {"binary": to_binary_event, "structured": to_structured_event}[mode]
    for each in events:
        message = convert(each)
        assert httpx.post(url, headers=message.headers, content=message.body).status_code == 204


@pytest.mark.parametrize("path", ["/insert/cloudevents", "/"])
@pytest.mark.parametrize("mode", ["binary", "structured", "batch"])
def test_each_mode(prologue_server, stored, mode, path):
    run = f"/run/{time.time_ns()}"
    send(prologue_server.url + path, mode, [event(run, number) for number in range(COUNT)])
    lines = stored(f'{{source="{run}", type="order.placed"}}')
    assert [line.body for line in lines] == [f"order {number} placed" for number in range(COUNT)]
    said = {"subject": "order/3", "region": "eu", "order_id": "3", "data_type": "inner", "specversion": "1.0"}
    assert lines[3].attributes.items() >= said.items()
    assert lines[1].time - lines[0].time == pytest.approx(1e9, rel=0.5)
    record(
        sender="cloudevents SDK for Python",
        version=importlib.metadata.version("cloudevents"),
        protocol=f"CloudEvents, {mode}",
        sent=COUNT,
        stored=len(lines),
        attributes=set(lines[0].attributes) | set(lines[0].labels),
    )


@pytest.mark.parametrize(
    ("data", "content_type", "body"),
    [
        ("plain text", "text/plain", "plain text"),
        (b"\xff\xfe", "application/octet-stream", None),
        (None, None, None),
    ],
)
@pytest.mark.parametrize("mode", ["binary", "structured"])
def test_other_data(prologue_server, stored, mode, data, content_type, body):
    run = f"/run/{time.time_ns()}"
    attributes = {"source": run, "type": "t", **({"datacontenttype": content_type} if content_type else {})}
    send(prologue_server.url + "/insert/cloudevents", mode, [CloudEvent(attributes, data)])
    [line] = stored(f'{{source="{run}"}}')
    if body is not None:
        assert line.body == body
    else:
        assert run in line.body
    assert line.attributes.get("data_base64") == ("//4=" if isinstance(data, bytes) else None)
