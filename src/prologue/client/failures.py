"""A server's refusal as the model's errors, with the server's message, position and cure.

The error body is one JSON object everywhere (`docs/api.md`); plain text, as Loki and proxies
answer, becomes the message as it is. httpx and websockets exceptions do not leave this package.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

import msgspec

from prologue.model.errors import (
    BufferFull,
    EngineUnavailable,
    LimitError,
    PayloadError,
    Position,
    PrologueError,
    QueryError,
    TemporaryError,
    UserError,
)

_TAG = re.compile(r"<[^>]*(?:>|$)")


class ErrorBody(msgspec.Struct, frozen=True):
    """What the server says. Unknown members are ignored: a newer server may say more."""

    error: str = ""
    code: str = ""
    cure: str = ""
    position: Position | None = None
    index: int | None = None
    message: str = ""


def unreachable(url: str, reason: str) -> TemporaryError:
    """Nobody answers at `url`."""
    return TemporaryError(
        f"cannot reach {url}: {reason}",
        cure="start the server with `prologue up`, or name another with --url",
    )


def refusal(status: int, body: bytes, headers: Mapping[str, str], path: str) -> PrologueError:
    """The error that an HTTP answer of 300 or more means."""
    said = _read_body(body)
    message = said.error or said.message or f"the server answered {status} to {path}"
    code = said.code or None
    if status == 413:
        return UserError(message, cure=said.cure or "send smaller batches", code=code or "payload_too_large")
    if status == 429 and said.code != LimitError.code:
        return BufferFull(message, retry_after=_retry_after(headers), cure=said.cure)
    if said.code == LimitError.code or status == 422:
        return LimitError(message, cure=said.cure)
    if status in (502, 503, 504):
        return EngineUnavailable(message, cure=said.cure or "try again shortly", code=code)
    if status == 404 and not said.code:
        return UserError(
            f"{path} does not exist there", cure="check that the address after --url is Prologue's", code=code
        )
    if status < 500:
        return _input_error(said, message)
    return PrologueError(message, cure=said.cure or "see the server's log", code=code)


def _input_error(said: ErrorBody, message: str) -> UserError:
    if said.index is not None or said.code == PayloadError.code:
        return PayloadError(message, index=said.index, cure=said.cure)
    if said.position is not None or said.code == QueryError.code or said.code.startswith("sql_"):
        return QueryError(message, position=said.position, cure=said.cure, code=said.code or None)
    return UserError(message, cure=said.cure, code=said.code or None)


def _read_body(body: bytes) -> ErrorBody:
    try:
        return msgspec.json.decode(body, type=ErrorBody)
    except msgspec.MsgspecError:
        # Not our JSON: a proxy's page or Loki's plain text. Its first words are the message.
        text = body[:600].decode(errors="replace")
        if text.lstrip().startswith("<"):
            text = _TAG.sub(" ", text)
        return ErrorBody(error=" ".join(text.split())[:300])


def _retry_after(headers: Mapping[str, str]) -> int:
    text = headers.get("retry-after", "")
    return int(text) if text.isdigit() else 1
