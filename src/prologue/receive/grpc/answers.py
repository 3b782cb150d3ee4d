"""How a gRPC call is refused: a status code, the whole error as its message, and when to come back.

| error | code | a sender should |
|---|---|---|
| back-pressure, a rate | RESOURCE_EXHAUSTED with `RetryInfo` | send the same again after the delay |
| any other that may pass | UNAVAILABLE with `RetryInfo` | send the same again after the delay |
| a wrong body, a limit of size | INVALID_ARGUMENT | not send the same again |
| our own fault | INTERNAL | not send the same again |

`RetryInfo` is what makes RESOURCE_EXHAUSTED worth another try: without it exporters drop the batch.

Source: OTLP specification, "OTLP/gRPC Throttling" and "Failures"; google/rpc/error_details.proto.
"""

from __future__ import annotations

import grpc

from prologue.model.errors import (
    BufferFull,
    LimitError,
    PrologueError,
    RateLimited,
    TemporaryError,
    UserError,
)
from prologue.receive.answers import RETRY_AFTER_SECONDS, error_fields, error_text
from prologue.receive.wire.rpc_pb2 import RetryInfo, Status

DETAILS = "grpc-status-details-bin"
"""Trailing metadata that holds a serialized `google.rpc.Status` (gRPC's richer error model)."""


def status_code(error: PrologueError) -> grpc.StatusCode:
    """The code that says whether to send the same again."""
    if isinstance(error, BufferFull | RateLimited):
        return grpc.StatusCode.RESOURCE_EXHAUSTED
    if isinstance(error, TemporaryError):
        return grpc.StatusCode.UNAVAILABLE
    if isinstance(error, UserError | LimitError):
        return grpc.StatusCode.INVALID_ARGUMENT
    return grpc.StatusCode.INTERNAL


def trailing_metadata(error: PrologueError, message: str) -> tuple[tuple[str, bytes], ...]:
    """The status once more as a message, with the delay where trying again helps."""
    status = Status(code=status_code(error).value[0], message=message)
    if isinstance(error, TemporaryError):
        retry = RetryInfo()
        retry.retry_delay.seconds = getattr(error, "retry_after", RETRY_AFTER_SECONDS)
        detail = status.details.add()
        detail.type_url = "type.googleapis.com/google.rpc.RetryInfo"
        detail.value = retry.SerializeToString()
    return ((DETAILS, status.SerializeToString()),)


async def refuse(context: grpc.aio.ServicerContext[bytes, bytes], error: PrologueError) -> None:
    """Ends the call with the error; does not return."""
    message = error_text(error_fields(error))
    await context.abort(status_code(error), message, trailing_metadata(error, message))
