"""GELF as a stream receiver and as an HTTP receiver.

Over HTTP a body is one message, or one a line; success is 202, as Graylog answers. Next chapter:
`frames.py`, then `prologue.parse.gelf`.
"""

from __future__ import annotations

from dataclasses import dataclass

from prologue.model.errors import PayloadError, PrologueError
from prologue.model.payload import Payload, PayloadFormat
from prologue.receive.answers import PlainAnswers
from prologue.receive.columns import require_few
from prologue.receive.gelf.frames import GelfDatagrams, GelfSession
from prologue.receive.guards import load_json
from prologue.receive.jsonlines import count_lines
from prologue.receive.receiver import Answer, Decoded, Push, Receiver
from prologue.receive.settings import ReceiveSettings
from prologue.receive.streams.contract import Batch, StreamReceiver

_CURE = 'send {"version":"1.1","host":"...","short_message":"..."}, one object a body or one a line'


@dataclass(frozen=True, slots=True)
class GelfSettings:
    """`max_message_bytes` bounds one message, unpacked; `max_chunks_bytes` what incomplete ones hold."""

    max_message_bytes: int = 1024 * 1024
    max_chunks_bytes: int = 32 * 1024 * 1024


def receiver(settings: GelfSettings) -> StreamReceiver:
    def payload(batch: Batch) -> Payload:
        return Payload(
            tenant=batch.tenant,
            format=PayloadFormat.LINES,
            data=batch.data,
            received_ns=batch.received_ns,
            params={"framing": "gelf", "peer": "address"},
            records=batch.records,
        )

    return StreamReceiver(
        name="gelf",
        payload=payload,
        session=lambda address: GelfSession(address, settings.max_message_bytes),
        datagrams=lambda: GelfDatagrams(settings.max_message_bytes, settings.max_chunks_bytes),
    )


def decode(push: Push, settings: ReceiveSettings) -> Decoded:
    """One payload. Raises `PayloadError` where the body is neither one JSON object nor lines of them."""
    data = push.body
    if not data or data.isspace():
        raise PayloadError("the body has no message", cure=_CURE)
    first, _, rest = data.strip().partition(b"\n")
    if rest.strip() and not _is_object(first):  # one object over several lines
        if not _is_object(data):
            raise PayloadError("neither the body nor its first line is a JSON object", index=0, cure=_CURE)
        data = data.replace(b"\r", b" ").replace(b"\n", b" ")
    elif not _is_object(first):
        raise PayloadError("the body is no JSON object", index=0, cure=_CURE)
    records = count_lines(data)
    require_few(records, settings.max_body_records)
    payload = Payload(
        tenant=push.tenant,
        format=PayloadFormat.LINES,
        data=data,
        received_ns=push.received_ns,
        params={"framing": "gelf"},
        records=records,
    )
    return Decoded((payload,), records)


def _is_object(text: bytes) -> bool:
    try:
        return isinstance(load_json(text, _CURE), dict)
    except PrologueError:
        return False


@dataclass(frozen=True, slots=True)
class _Accepted(PlainAnswers):
    """As Graylog: 202."""

    def success(self, decoded: Decoded, push: Push) -> Answer:  # noqa: ARG002  (the protocol's shape)
        return Answer(status=202)


HTTP = Receiver("gelf", ("/gelf",), decode, _Accepted())
