"""How the HTTP Event Collector answers: a text, a number that senders know, and where an event is to blame.

With a channel, an answer carries the number of an acknowledgement to ask for later. Here the answer
itself waits until the events are durable, so whoever asks later is told yes.

Back-pressure is 503, "server is busy": Splunk's senders try again on that and give up on 429.

Source: Splunk's "Troubleshoot HTTP Event Collector", possible error codes; "About HTTP Event Collector
Indexer Acknowledgment".
"""

from __future__ import annotations

import enum
import threading
from typing import Any

from prologue.model.errors import PayloadError, PrologueError, TemporaryError, Unauthorized
from prologue.receive.answers import error_fields, error_headers, json_answer, status_of
from prologue.receive.guards import load_json
from prologue.receive.receiver import Answer, Decoded, Push


class Code(enum.IntEnum):
    """Splunk's numbers."""

    SUCCESS = 0
    TOKEN_REQUIRED = 2
    INVALID_TOKEN = 4
    NO_DATA = 5
    INVALID_FORMAT = 6
    INTERNAL = 8
    BUSY = 9
    CHANNEL_MISSING = 10
    EVENT_REQUIRED = 12
    EVENT_BLANK = 13
    BAD_FIELDS = 15
    HEALTHY = 17
    TOO_LARGE = 27


_TEXTS = {
    Code.TOKEN_REQUIRED: "Token is required",
    Code.INVALID_TOKEN: "Invalid token",
    Code.NO_DATA: "No data",
    Code.INVALID_FORMAT: "Invalid data format",
    Code.INTERNAL: "Internal server error",
    Code.BUSY: "Server is busy",
    Code.CHANNEL_MISSING: "Data channel is missing",
    Code.EVENT_REQUIRED: "Event field is required",
    Code.EVENT_BLANK: "Event field cannot be blank",
    Code.BAD_FIELDS: "Error in handling indexed fields",
    Code.TOO_LARGE: "Request entity too large",
}


class EventError(PayloadError):
    """A request that has its own number."""

    def __init__(self, message: str, number: Code, *, index: int | None = None, cure: str = "") -> None:
        super().__init__(message, index=index, cure=cure)
        self.number = number


class AckIds:
    """Numbers of acknowledgements: each is larger than the last, across restarts too. Thread-safe.

    They begin at the time in Unix us, so that a number from before a restart is known to have been given;
    what it stands for was durable before it was.
    """

    def __init__(self) -> None:
        self._last = 0
        self._lock = threading.Lock()

    def give(self, received_ns: int) -> int:
        with self._lock:
            self._last = max(self._last + 1, received_ns // 1000)
            return self._last

    def given(self, number: int, asked_ns: int) -> bool:
        """Whether a number can have been given: none before 2001, none in the future."""
        return 10**15 <= number <= max(self._last, asked_ns // 1000)


_ACK_IDS = AckIds()


class HecAnswers:
    """Splunk's words."""

    def success(self, decoded: Decoded, push: Push) -> Answer:  # noqa: ARG002  (the protocol's shape)
        body: dict[str, Any] = {"text": "Success", "code": Code.SUCCESS}
        if channel_of(push):
            body["ackId"] = _ACK_IDS.give(push.received_ns)
        return json_answer(200, body)

    def failure(self, error: PrologueError, push: Push) -> Answer:  # noqa: ARG002  (as above)
        number = _number(error)
        fields = error_fields(error)
        body = {"text": _TEXTS[number], "code": number}
        if fields["index"] is not None:
            body["invalid-event-number"] = fields["index"]
        body |= {"error": fields["error"], "cure": fields["cure"]}
        status = 503 if isinstance(error, TemporaryError) else status_of(error)
        return json_answer(status, body, error_headers(error))


def _number(error: PrologueError) -> Code:
    if isinstance(error, EventError):
        return error.number
    if isinstance(error, Unauthorized):
        return Code.TOKEN_REQUIRED if error.missing else Code.INVALID_TOKEN
    if isinstance(error, TemporaryError):
        return Code.BUSY
    status = status_of(error)
    return Code.TOO_LARGE if status == 413 else Code.INTERNAL if status == 500 else Code.INVALID_FORMAT


def channel_of(push: Push) -> str:
    return push.headers.get("x-splunk-request-channel", "") or push.parameter("channel")


def health(_push: Push) -> Answer:
    return json_answer(200, {"text": "HEC is healthy", "code": Code.HEALTHY})


def acknowledgements(push: Push) -> Answer:
    """Which of the numbers that were given are durable: all of them, or they would not have been given."""
    if not channel_of(push):
        raise EventError(
            "the request names no channel", Code.CHANNEL_MISSING, cure="send X-Splunk-Request-Channel"
        )
    cure = 'send {"acks": [1, 2]}'
    asked = load_json(push.body, cure)
    numbers = asked.get("acks") if isinstance(asked, dict) else None
    if not isinstance(numbers, list) or not all(type(number) is int for number in numbers):
        raise EventError("acks are no list of whole numbers", Code.INVALID_FORMAT, cure=cure)
    return json_answer(
        200, {"acks": {str(number): _ACK_IDS.given(number, push.received_ns) for number in numbers}}
    )
