"""Payloads of `prologue agent`: raw bytes with what is known of them, and where in their source they end.

Because a payload names its source and its position, the buffer stores it once however often it comes:
what travels at least once is stored exactly once. Each payload of a body gets an answer of its own.

A source belongs to a tenant: two tenants that name the same one do not meet.

Next chapter: `prologue.receive.positions`, where an agent asks how far its sources are held.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from prologue.model import batch
from prologue.model.errors import (
    BufferFull,
    LimitError,
    PayloadError,
    PositionConflict,
    PrologueError,
    UserError,
)
from prologue.model.labels import with_service_name
from prologue.model.payload import Payload, PayloadFormat, SourcePosition
from prologue.receive.answers import PlainAnswers
from prologue.receive.columns import require_few
from prologue.receive.fields import require_label_name
from prologue.receive.jsonlines import count_lines
from prologue.receive.receiver import Answer, Decoded, Push, Receiver
from prologue.receive.settings import ReceiveSettings

MAX_PAYLOADS = 4096
MAX_LABELS = 256
MAX_SOURCE_CHARS = 512
# Unix ns: what the engine's timestamps can hold.
_MAX_NS = (1 << 63) - 1
_MAX_OFFSET = (1 << 63) - 1
# What an agent sends. Records carry times and streams that nothing here would check.
_FORMATS = frozenset({PayloadFormat.LINES, PayloadFormat.JSON_LINES})


def decode(push: Push, settings: ReceiveSettings) -> Decoded:
    """Every payload of the body. Raises `PayloadError` with the index of one that is wrong."""
    wire = batch.decode(push.body)
    if not wire:
        raise PayloadError("the body has no payloads", cure="send at least one")
    if len(wire) > MAX_PAYLOADS:
        raise LimitError(f"the body has {len(wire)} payloads; the limit is {MAX_PAYLOADS}")
    payloads = tuple(_payload(item, index, push, settings) for index, item in enumerate(wire))
    records = sum(payload.records for payload in payloads)
    require_few(records, settings.max_body_records)
    return Decoded(payloads, records)


def _payload(item: batch.WirePayload, index: int, push: Push, settings: ReceiveSettings) -> Payload:
    problem = _problem(item)
    if problem:
        raise PayloadError(
            f"payload {index}: {problem}", index=index, cure="send what `prologue agent` sends"
        )
    return Payload(
        tenant=push.tenant,
        format=item.format,
        data=item.data,
        received_ns=item.received_ns,
        labels=_labels(item.labels, index, settings),
        params=item.params,
        position=_position(item.position, push.tenant),
        records=count_lines(item.data),
    )


def _problem(item: batch.WirePayload) -> str:
    """What is wrong with a payload, empty where nothing is."""
    if item.format not in _FORMATS:
        return f"the format {item.format.value!r} is not taken here"
    if not item.data or item.data.isspace():
        return "it has no lines"
    if not 0 < item.received_ns <= _MAX_NS:
        return "received_ns is no Unix time in nanoseconds"
    if len(item.labels) > MAX_LABELS or len(item.params) > MAX_LABELS:
        return f"it has more than {MAX_LABELS} labels or params"
    if item.position is not None:
        source, start, end = item.position
        if not 0 < len(source) <= MAX_SOURCE_CHARS or not 0 <= start < end <= _MAX_OFFSET:
            return "its position is none"
    return ""


def _labels(given: Mapping[str, str], index: int, settings: ReceiveSettings) -> dict[str, str]:
    for name in given:
        try:
            require_label_name(name, "label")
        except PrologueError as error:
            raise PayloadError(f"payload {index}: {error.message}", index=index, cure=error.cure) from error
    kept = {name: value for name, value in given.items() if value}
    return with_service_name(kept) if settings.discover_service_name else kept


def own_source(source: str, tenant: str) -> str:
    """The source as the buffer knows it."""
    return f"{tenant}/{source}"


def _position(position: tuple[str, int, int] | None, tenant: str) -> SourcePosition | None:
    return SourcePosition(own_source(position[0], tenant), *position[1:]) if position is not None else None


@dataclass(frozen=True, slots=True)
class _Answers(PlainAnswers):
    """As everywhere, but each payload is answered by itself where one of them was not stored."""

    def success(self, decoded: Decoded, push: Push) -> Answer:
        """204 where all are durable, an error where none is and all may come again, else outcomes."""
        errors = decoded.errors
        failed = [error for error in errors if error is not None]
        if not failed:
            return Answer(204)
        if len(failed) == len(errors) and all(_is_plain_retry(error) for error in failed):
            return self.failure(failed[0], push)
        body = msgspec.json.encode(batch.Outcomes([_outcome(error) for error in errors]))
        return Answer(200, body, "application/json")


def _is_plain_retry(error: PrologueError) -> bool:
    return _may_come_again(error) and not isinstance(error, PositionConflict)


def _may_come_again(error: PrologueError) -> bool:
    """Whether the payload is not to blame."""
    return not isinstance(error, UserError | LimitError)


def _outcome(error: PrologueError | None) -> batch.Outcome:
    if error is None:
        return batch.Outcome()
    return batch.Outcome(
        code=error.code,
        error=error.message,
        cure=error.cure,
        resume_at=error.resume_at if isinstance(error, PositionConflict) else -1,
        again=_may_come_again(error),
        retry_after=error.retry_after if isinstance(error, BufferFull) else 0,
    )


RECEIVER = Receiver("payloads", (batch.PAYLOADS_PATH,), decode, _Answers(), each=True)
