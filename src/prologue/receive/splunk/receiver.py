"""Splunk's HTTP Event Collector: `POST /services/collector/event` and `/services/collector/raw`.

Events stay the text that came; the engine unwraps them (`time`, `host`, `source`, `sourcetype`, `index`
around `event`, with `fields` beside it). Raw text is one record a line. A request is stored whole or
refused whole, and its answer waits until it is durable, so an acknowledgement is always good news.

Source: Splunk's "Format events for HTTP Event Collector" and "HTTP Event Collector REST API endpoints".
Next chapter: `prologue.receive.splunk.answers`.
"""

from __future__ import annotations

import msgspec

from prologue.receive.jsonlines import json_lines
from prologue.receive.lines import text_lines
from prologue.receive.objects import members_text, one_a_line, read_as, with_members
from prologue.receive.receiver import Decoded, Probe, Push, Receiver
from prologue.receive.settings import ReceiveSettings
from prologue.receive.splunk.answers import Code, EventError, HecAnswers, acknowledgements, health
from prologue.receive.tokens import basic_password, tenant_of_token

_METADATA = ("host", "source", "sourcetype", "index")

DEFAULTS = {
    "time_field": "time",
    "message_field": "event,message,msg,line,log",
    "stream_fields": ",".join(_METADATA),
    "unwrap_fields": "event,fields",
}


class _Event(msgspec.Struct, gc=False):
    event: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)
    fields: msgspec.Raw = msgspec.field(default_factory=msgspec.Raw)


_EVENTS = msgspec.json.Decoder(list[_Event])
_BLANK = (b"null", b'""')


def admit(push: Push, settings: ReceiveSettings) -> str:
    """A token stands behind `Splunk`, is Basic's password, or a parameter of the URL."""
    authorization = push.headers.get("authorization", "")
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() not in ("splunk", "bearer"):
        token = basic_password(authorization) or push.parameter("token")
    accepted = settings.credentials.splunk_tokens
    return tenant_of_token(push, settings, token.strip(), accepted, "Authorization: Splunk <token>")


def decode(push: Push, settings: ReceiveSettings) -> Decoded:
    """One payload of events, or of raw lines, by the path they came to."""
    raw = push.path.endswith(("/raw", "/raw/1.0"))
    return _raw(push, settings) if raw else _events(push, settings)


def _events(push: Push, settings: ReceiveSettings) -> Decoded:
    if not push.body or push.body.isspace():
        raise EventError("the body has no events", Code.NO_DATA, cure='send {"event": "..."}')
    events = one_a_line(push.body, settings.max_body_records)
    _require_events(events)
    said = _of_url(push)
    if said:
        members = members_text(said)
        events = [with_members(event, members) for event in events]
    return json_lines(push, events, DEFAULTS)


def _require_events(lines: list[bytes]) -> None:
    """Every object has an `event` that is not blank, and `fields` are an object where there are some."""
    for place, found in enumerate(read_as(_EVENTS, lines)):
        event = bytes(found.event)
        if not event:
            raise EventError("an object has no event", Code.EVENT_REQUIRED, index=place, cure='add "event"')
        if event in _BLANK:
            raise EventError("an event is blank", Code.EVENT_BLANK, index=place, cure="leave it out")
        if bytes(found.fields)[:1] not in (b"", b"{", b"n"):
            raise EventError(
                "fields are no object",
                Code.BAD_FIELDS,
                index=place,
                cure='send {"fields": {"name": "value"}}',
            )


def _raw(push: Push, settings: ReceiveSettings) -> Decoded:
    if not push.body or push.body.isspace():
        raise EventError("the body has no lines", Code.NO_DATA, cure="send one event a line")
    return text_lines(push, _of_url(push), settings, {"timestamp": "detect"})


def _of_url(push: Push) -> dict[str, str]:
    return {name: value for name in _METADATA if (value := push.parameter(name))}


_PATHS = (
    "/services/collector",
    "/services/collector/event",
    "/services/collector/event/1.0",
    "/services/collector/raw",
    "/services/collector/raw/1.0",
)

RECEIVER = Receiver(
    "splunk",
    _PATHS,
    decode,
    HecAnswers(),
    admit=admit,
    probes=(
        Probe(("/services/collector/health", "/services/collector/health/1.0"), health),
        # Docker's driver asks so whether it may log here, and does not start a container where not.
        Probe(_PATHS, health, methods=("OPTIONS",), guarded=True),
        Probe(("/services/collector/ack",), acknowledgements, methods=("POST",), guarded=True),
    ),
)
