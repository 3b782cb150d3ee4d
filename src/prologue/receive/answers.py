"""How a receiver answers: the one error body, and which status means what to a sender.

| status | what a sender should do |
|---|---|
| 2xx | forget the batch: it is durable |
| 408 | send the same again, without pauses |
| 400, 401, 403, 413, 415 | not send the same again: the error says what is wrong and how to mend it |
| 429, 503 | send the same again after `Retry-After` seconds |
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from prologue.model.errors import (
    BufferFull,
    LimitError,
    PayloadTooLarge,
    PrologueError,
    RateLimited,
    TemporaryError,
    Unauthorized,
    UserError,
)
from prologue.receive.receiver import Answer, Decoded, Push

_UNSUPPORTED = frozenset({"unsupported_encoding", "unsupported_content_type"})
RETRY_AFTER_SECONDS = 5

BODY_TIMEOUT = "body_timeout"


def body_timeout(seconds: float) -> UserError:
    """What a sender is told that fell silent in the middle of a body."""
    return UserError(
        f"no more of the body came for {seconds:g} seconds",
        cure="send the body without pauses",
        code=BODY_TIMEOUT,
    )


def status_of(error: PrologueError) -> int:
    """The HTTP status of an error."""
    if isinstance(error, PayloadTooLarge | LimitError):
        return 413
    if isinstance(error, BufferFull | RateLimited):
        return 429
    if isinstance(error, TemporaryError):
        return 503
    if isinstance(error, Unauthorized):
        return 401 if error.missing else 403
    if error.code in _UNSUPPORTED:
        return 415
    if error.code == BODY_TIMEOUT:
        return 408
    return 400 if isinstance(error, UserError) else 500


def error_fields(error: PrologueError) -> dict[str, Any]:
    """The one error body. `index` counts the offending record from 0; null where none is to blame."""
    status = status_of(error)
    kind = "bad_data" if status < 429 else "internal" if status == 500 else "unavailable"
    return {
        "status": "error",
        "errorType": kind,
        "error": error.message,
        "code": error.code,
        "index": getattr(error, "index", None),
        "cure": error.cure,
    }


def error_text(fields: dict[str, Any]) -> str:
    """All of the one error body in one text, for protocols that have room for no more."""
    where = "" if fields["index"] is None else f" (log record {fields['index']})"
    cure = f"; {fields['cure']}" if fields["cure"] else ""
    return f"{fields['error']}{where}{cure}"


def error_headers(error: PrologueError) -> dict[str, str]:
    """`Retry-After` where trying again helps; `Connection: close` where an unread body may follow."""
    if isinstance(error, TemporaryError):
        return {"Retry-After": str(getattr(error, "retry_after", RETRY_AFTER_SECONDS))}
    unread = isinstance(error, PayloadTooLarge) or error.code == BODY_TIMEOUT
    return {"Connection": "close"} if unread else {}


@dataclass(frozen=True, slots=True)
class PlainAnswers:
    """204 and nothing else on success; the one error body otherwise."""

    def success(self, decoded: Decoded, push: Push) -> Answer:  # noqa: ARG002  (the protocol's shape)
        return Answer(status=204)

    def failure(self, error: PrologueError, push: Push) -> Answer:  # noqa: ARG002  (as above)
        return json_answer(status_of(error), error_fields(error), error_headers(error))


def json_answer(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    """An answer in JSON."""
    return Answer(status, orjson.dumps(body), "application/json", headers or {})
