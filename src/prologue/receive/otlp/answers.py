"""How OTLP/HTTP words success and failure, in the encoding of the request.

Success is an `ExportLogsServiceResponse`, failure a `google.rpc.Status`; in JSON the one error body's
other keys stand beside the status' two. Senders retry on 429 and 503 only, after `Retry-After`.

Source: OTLP specification, "OTLP/HTTP Response"; google/rpc/code.proto.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse

from prologue.model.errors import PrologueError
from prologue.receive.answers import error_fields, error_headers, error_text, status_of
from prologue.receive.receiver import Answer, Decoded, Push
from prologue.receive.wire.rpc_pb2 import Status

JSON = "application/json"
PROTOBUF = "application/x-protobuf"

_GRPC_CODES = {400: 3, 401: 16, 403: 7, 413: 3, 415: 3, 429: 8, 503: 14}
"""HTTP status: google.rpc.Code (INVALID_ARGUMENT, UNAUTHENTICATED, ...); else INTERNAL, 13."""


@dataclass(frozen=True, slots=True)
class OtlpAnswers:
    """OTLP's own messages."""

    def success(self, decoded: Decoded, push: Push) -> Answer:
        if push.content_type == JSON:
            return Answer(200, orjson.dumps(_partial_success(decoded.warning)), JSON)
        response = ExportLogsServiceResponse()
        if decoded.warning:
            response.partial_success.error_message = decoded.warning
        return Answer(200, response.SerializeToString(), PROTOBUF)

    def failure(self, error: PrologueError, push: Push) -> Answer:
        status = status_of(error)
        fields = error_fields(error)
        code = _GRPC_CODES.get(status, 13)
        message = error_text(fields)
        if push.content_type == PROTOBUF:
            body = Status(code=code, message=message).SerializeToString()
            return Answer(status, body, PROTOBUF, error_headers(error))
        body = orjson.dumps({**fields, "code": code, "message": message})
        return Answer(status, body, JSON, error_headers(error))


def _partial_success(warning: str) -> dict[str, Any]:
    """With nothing rejected, a warning, as the specification provides."""
    return {"partialSuccess": {"errorMessage": warning}} if warning else {}
