"""Plain lines: labels from the URL, the body as it is."""

from __future__ import annotations

import pytest

from prologue.model.errors import LimitError, PayloadError, UserError
from prologue.model.payload import PayloadFormat
from prologue.receive.lines import decode
from prologue.receive.settings import ReceiveSettings


@pytest.mark.parametrize(
    ("query", "labels"),
    [
        pytest.param((("service_name", "cart"),), {"service_name": "cart"}, id="service"),
        pytest.param(
            (("app", "cart"), ("env", "")), {"app": "cart", "service_name": "cart"}, id="derived service"
        ),
        pytest.param((), {"service_name": "unknown_service"}, id="none"),
    ],
)
def test_labels(make_push, query, labels):
    (payload,) = decode(make_push(b"a\nb\n", query=query), ReceiveSettings()).payloads
    assert (payload.labels, payload.format, payload.data) == (labels, PayloadFormat.LINES, b"a\nb\n")


def test_without_discovery_only_what_was_sent(make_push):
    settings = ReceiveSettings(discover_service_name=False)
    (payload,) = decode(make_push(b"a", query=(("app", "cart"), ("env", ""))), settings).payloads
    assert payload.labels == {"app": "cart"}


@pytest.mark.parametrize(
    ("body", "query", "error", "message"),
    [
        pytest.param(b"", (), PayloadError, "no lines", id="empty"),
        pytest.param(b"\r\n \n", (), PayloadError, "no lines", id="blank"),
        pytest.param(b"a", (("k8s.pod", "x"),), UserError, "not a label name", id="bad name"),
        pytest.param(b"a", (("app", "x"), ("app", "y")), UserError, "given twice", id="repeated"),
    ],
)
def test_refusals(make_push, body, query, error, message):
    with pytest.raises(error, match=message) as caught:
        decode(make_push(body, query=query), ReceiveSettings())
    assert caught.value.cure


def test_more_lines_than_a_body_may_hold(make_push):
    settings = ReceiveSettings(max_body_records=2)
    assert decode(make_push(b"a\nb\n"), settings).records == 2
    with pytest.raises(LimitError, match="the body holds 3 records; the limit is 2"):
        decode(make_push(b"a\nb\nc"), settings)
