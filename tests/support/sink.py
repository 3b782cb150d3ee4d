"""A buffer that only remembers: what ways in are tested against."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass, field

from prologue.model.payload import Payload, Receipt


@dataclass
class RecordingSink:
    """Acknowledges at once, unless told to refuse, to fail, or to leave the future to the test."""

    payloads: list[Payload] = field(default_factory=list)
    futures: list[Future[Receipt]] = field(default_factory=list)
    refusal: Exception | None = None
    failure: Exception | None = None
    hold: bool = False

    def append(self, payload: Payload) -> Future[Receipt]:
        if self.refusal:
            raise self.refusal
        future: Future[Receipt] = Future()
        self.payloads.append(payload)
        self.futures.append(future)
        if self.failure:
            future.set_exception(self.failure)
        elif not self.hold:
            future.set_result(Receipt(0))
        return future

    def durable_position(self, source: str) -> int:
        return 0
