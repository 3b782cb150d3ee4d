"""Every error Prologue raises on purpose, as one tree.

    PrologueError
    |-- UserError             the input is wrong; the same input will fail again
    |   |-- QueryError        a LogQL query: code, position in the text, cure
    |   |-- PayloadError      a pushed body: index of the record, reason
    |   |-- PayloadTooLarge   a pushed body over the limit, which it names
    |   |-- Unauthorized      a sender without a token, or with one that is not accepted
    |   `-- ConfigError       a setting: its key, the cure
    |-- LimitError            the request is right but over a configured limit, which it names
    |-- TemporaryError        the same call may succeed later
    |   |-- BufferFull        back-pressure: try again after `retry_after` seconds
    |   |-- RateLimited       a sender is over its rate: try again after `retry_after` seconds
    |   |-- PositionConflict  a payload does not join what is held of its source: resume at `resume_at`
    |   `-- EngineUnavailable the engine cannot take or answer now
    |-- Cancelled             the caller went away, so its query was stopped; nobody reads this
    `-- EngineError           the engine refused a statement we built: our fault, never the user's

Third-party exceptions are wrapped where they enter and never cross a stage. A user-visible error
says what is wrong, where, and what to do about it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Position:
    """A place in the user's text. `line` and `column` count from 1, `offset` from 0, in characters."""

    line: int
    column: int
    offset: int


class PrologueError(Exception):
    """Root of the tree. `code` is stable and part of the API; `cure` may be empty."""

    code = "internal"

    def __init__(self, message: str, *, cure: str = "", code: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.cure = cure
        if code is not None:
            self.code = code


class UserError(PrologueError):
    """The input is wrong; the same input will fail again."""

    code = "bad_request"


class QueryError(UserError):
    """A LogQL query that cannot be answered. `position` is where in its text."""

    code = "bad_query"

    def __init__(
        self, message: str, *, position: Position | None = None, cure: str = "", code: str | None = None
    ) -> None:
        super().__init__(message, cure=cure, code=code)
        self.position = position


class PayloadError(UserError):
    """A pushed body that is malformed. `index` counts the offending record from 0."""

    code = "bad_payload"

    def __init__(self, message: str, *, index: int | None = None, cure: str = "") -> None:
        super().__init__(message, cure=cure)
        self.index = index


class PayloadTooLarge(UserError):
    """A pushed body over `limit` bytes."""

    code = "payload_too_large"

    def __init__(self, limit: int, *, setting: str = "receive.max_body_bytes") -> None:
        super().__init__(
            f"the body is larger than the limit of {limit} bytes",
            cure=f"send smaller batches, or raise {setting}",
        )
        self.limit = limit


class Unauthorized(UserError):
    """A sender that may not send: its token is `missing`, or it is not accepted."""

    code = "unauthorized"

    def __init__(self, message: str, *, missing: bool = False, cure: str = "") -> None:
        super().__init__(message, cure=cure)
        self.missing = missing


class ConfigError(UserError):
    """A setting that is unknown or has a wrong value. `key` is its dotted name, `position` its place in the
    text where that is known."""

    code = "bad_config"

    def __init__(
        self, message: str, *, key: str = "", cure: str = "", position: Position | None = None
    ) -> None:
        super().__init__(message, cure=cure)
        self.key = key
        self.position = position


class LimitError(PrologueError):
    """A request that is right but over a configured limit, which the message names."""

    code = "limit_exceeded"


class TemporaryError(PrologueError):
    """The same call may succeed later."""

    code = "unavailable"


class BufferFull(TemporaryError):
    """Back-pressure: nothing was stored; try again after `retry_after` seconds."""

    code = "buffer_full"

    def __init__(self, message: str, *, retry_after: int = 1, cure: str = "") -> None:
        super().__init__(message, cure=cure)
        self.retry_after = retry_after


class RateLimited(TemporaryError):
    """A tenant or a source sent more than its limit allows; nothing of this was stored.

    Try again after `retry_after` seconds.
    """

    code = "rate_limited"

    def __init__(self, message: str, *, retry_after: int = 1, cure: str = "") -> None:
        super().__init__(message, cure=cure)
        self.retry_after = retry_after


class PositionConflict(TemporaryError):
    """A payload that does not join what the buffer holds of its source; nothing was stored.

    `resume_at` is the byte offset from which the source must be read again.
    """

    code = "position_conflict"

    def __init__(self, message: str, *, source: str, resume_at: int) -> None:
        super().__init__(message, cure=f"read the source again from byte {resume_at}")
        self.source = source
        self.resume_at = resume_at


class EngineUnavailable(TemporaryError):
    """The engine cannot take or answer this now."""

    code = "engine_unavailable"


class Cancelled(PrologueError):
    """The caller went away, so its query was stopped; nobody reads this."""

    code = "cancelled"


class EngineError(PrologueError):
    """The engine refused a statement we built."""

    code = "engine_error"
