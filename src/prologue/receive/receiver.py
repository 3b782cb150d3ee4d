"""What a receiver is: a pure decoder, where it listens, and how it answers.

A decoder sees one decompressed body with what the request said about it and returns what the
buffer stores. It performs no I/O, keeps no state between calls but caches, may run on any thread,
and raises nothing but `UserError`, whatever the bytes. Next chapter: `prologue.receive.catalog`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from prologue.model.errors import PrologueError
from prologue.model.payload import Payload
from prologue.receive.settings import ReceiveSettings


@dataclass(frozen=True, slots=True)
class Push:
    """One decompressed push request. `content_type` is without parameters and in lower case.

    `query` holds the URL's parameters in their order, `headers` has lower-case names, and
    `received_ns` is the arrival in Unix ns; `peer` is the sender's address without its port.
    """

    body: bytes
    tenant: str
    received_ns: int
    content_type: str = ""
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    peer: str = ""


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a body holds. At most one payload, so that the answer covers all of it or nothing.

    `records` counts what the payload holds. `warning` tells of records that were kept with a flaw,
    where the protocol has a place for it.
    """

    payloads: tuple[Payload, ...]
    records: int
    warning: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, free of any framework."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Answers(Protocol):
    """How a protocol words success and failure; `content_type` is the request's."""

    def success(self, decoded: Decoded, content_type: str) -> Answer: ...

    def failure(self, error: PrologueError, content_type: str) -> Answer: ...


@dataclass(frozen=True, slots=True)
class Receiver:
    """One way in: its name in metrics and documentation, its routes, its decoder, its answers."""

    name: str
    paths: tuple[str, ...]
    decode: Callable[[Push, ReceiveSettings], Decoded]
    answers: Answers
