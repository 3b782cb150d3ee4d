"""CloudEvents over HTTP, in binary, structured and batched mode: `POST /insert/cloudevents`, and `POST /`.

An event in binary mode (attributes in `ce-` headers, data as the body) is written as the JSON that it
would be in structured mode; from there on all three are the same. The engine unwraps `data`.

`POST /` is there because that is where Knative sends to a service that names no path.

Source: CloudEvents 1.0.2, "HTTP Protocol Binding", "JSON Event Format" and "HTTP 1.1 Web Hooks for
Event Delivery".
"""

from __future__ import annotations

import base64
import binascii
from urllib.parse import unquote

import msgspec
import orjson

from prologue.model.errors import PayloadError, UserError
from prologue.receive.answers import PlainAnswers
from prologue.receive.jsonlines import json_lines
from prologue.receive.objects import members_text, one_a_line, one_line, read_as, why_no_value, with_members
from prologue.receive.receiver import Answer, Decoded, Probe, Push, Receiver
from prologue.receive.settings import ReceiveSettings

DEFAULTS = {
    "time_field": "time",
    "message_field": "data,message,msg",
    "stream_fields": "source,type",
    "unwrap_fields": "data",
}
_STRUCTURED = "application/cloudevents"
_BATCHED = "application/cloudevents-batch"
_REQUIRED = ("specversion", "id", "source", "type")
_CURE = "send what CloudEvents 1.0 defines: " + ", ".join(_REQUIRED) + ", all texts that are not empty"
_PATHS = ("/insert/cloudevents", "/")


class _Event(msgspec.Struct, gc=False):
    """What of an event is looked at here."""

    specversion: str
    id: str
    source: str
    type: str
    data_base64: str = ""


_EVENTS = msgspec.json.Decoder(list[_Event])


def decode(push: Push, settings: ReceiveSettings) -> Decoded:
    """The events of a request in the mode that its headers say."""
    events = _events(push, settings.max_body_records)
    return json_lines(push, _checked(events), DEFAULTS)


def _events(push: Push, limit: int) -> list[bytes]:
    kind = push.content_type
    if kind.startswith(_STRUCTURED):
        if not kind.endswith("+json"):
            raise _unsupported(f"Content-Type {kind[:60]!r} is not CloudEvents in JSON")
        if kind.startswith(_BATCHED) and push.body.strip() == b"[]":
            return []
        return one_a_line(push.body, limit)
    if "ce-specversion" in push.headers:
        return [_of_binary(push)]
    raise _unsupported("the request is no CloudEvent: it has neither its content type nor ce- headers")


def _unsupported(message: str) -> UserError:
    return UserError(
        message,
        cure=f"send {_STRUCTURED}+json, {_BATCHED}+json, or the attributes in ce- headers",
        code="unsupported_content_type",
    )


def _of_binary(push: Push) -> bytes:
    """The event as one line of JSON; data that are JSON stay the text they are."""
    attributes = {
        name.removeprefix("ce-"): unquote(value)
        for name, value in push.headers.items()
        if name.startswith("ce-")
    }
    if push.content_type:
        attributes["datacontenttype"] = push.content_type
    return with_members(orjson.dumps(attributes), _data(push.body, push.content_type))


def _data(body: bytes, content_type: str) -> bytes:
    if not body:
        return b""
    if content_type.endswith(("/json", "+json")):
        reason = why_no_value(body)
        if reason:
            raise PayloadError(f"the data are not JSON: {reason}", index=0, cure="check ce- and Content-Type")
        return b'"data":' + one_line(body)
    try:
        return members_text({"data": body.decode()})
    except UnicodeDecodeError:
        return members_text({"data_base64": base64.b64encode(body).decode()})


def _checked(events: list[bytes]) -> list[bytes]:
    """The events, each with the attributes it must have; data in base64 that are text are there as text."""
    found = []
    for place, (text, event) in enumerate(zip(events, read_as(_EVENTS, events), strict=True)):
        missing = [name for name in _REQUIRED if not getattr(event, name)]
        if missing:
            raise PayloadError(f"an event's {missing[0]} is empty", index=place, cure=_CURE)
        found.append(with_members(text, _as_text(event.data_base64, place)) if event.data_base64 else text)
    return found


def _as_text(encoded: str, place: int) -> bytes:
    try:
        return members_text({"data": base64.b64decode(encoded, validate=True).decode()})
    except UnicodeDecodeError:
        return b""
    except (binascii.Error, ValueError) as error:
        raise PayloadError(f"data_base64 is no base64: {error}", index=place, cure=_CURE) from error


def _consent(push: Push) -> Answer:
    """Whoever asks whether it may deliver here may, at any rate: limits answer for themselves."""
    origin = push.headers.get("webhook-request-origin", "*")
    return Answer(
        200, headers={"WebHook-Allowed-Origin": origin, "WebHook-Allowed-Rate": "*", "Allow": "POST"}
    )


RECEIVER = Receiver(
    "cloudevents",
    _PATHS,
    decode,
    PlainAnswers(),
    probes=(Probe(_PATHS, _consent, methods=("OPTIONS",)),),
)
