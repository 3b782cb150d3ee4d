"""What a receiver is: who may send, a pure decoder, where it listens, and how it answers.

    admit (before a byte of the body is read) -> decode -> answers

A decoder sees one decompressed body with what the request said about it and returns what the
buffer stores. It performs no I/O, keeps no state between calls but caches, may run on any thread,
and raises nothing but `UserError` and `LimitError`, whatever the bytes. Senders of some protocols
ask before they send; a `Probe` answers such a question and stores nothing.

Next chapter: `prologue.receive.catalog`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol

from prologue.model.errors import PositionConflict, PrologueError
from prologue.model.payload import Payload
from prologue.receive.settings import ReceiveSettings
from prologue.receive.tenant import TENANT_HEADER, resolve_tenant


@dataclass(frozen=True, slots=True)
class Push:
    """One decompressed push request. `content_type` is without parameters and in lower case.

    `query` holds the URL's parameters in their order, `path` is its path and `path_parameters` are what
    the route makes of that, `headers` has lower-case names, `received_ns` is the arrival in Unix ns, and
    `peer` the sender's address without its port. Before the body is read it is empty, and so is the
    tenant.
    """

    body: bytes
    tenant: str
    received_ns: int
    content_type: str = ""
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    peer: str = ""
    path: str = ""
    path_parameters: Mapping[str, str] = field(default_factory=dict)

    def parameter(self, name: str) -> str:
        """The first value of a parameter of the URL; empty where there is none."""
        return next((value for key, value in self.query if key == name), "")


@dataclass(frozen=True, slots=True)
class Decoded:
    """What a body holds. At most one payload, so that the answer covers all of it or nothing, unless
    the receiver answers each payload by itself.

    `records` counts what the payload holds. `warning` tells of records that were kept with a flaw,
    where the protocol has a place for it. `reply` is what a protocol that answers for each record
    will say; it is sent only once the payload is durable. `errors` is what became of each payload where
    each is answered by itself: None for one that is durable.
    """

    payloads: tuple[Payload, ...]
    records: int
    warning: str = ""
    reply: bytes = b""
    errors: tuple[PrologueError | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Answer:
    """An HTTP answer, free of any framework."""

    status: int
    body: bytes = b""
    content_type: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


class Answers(Protocol):
    """How a protocol words success and failure of a push. `failure` may see one without its body."""

    def success(self, decoded: Decoded, push: Push) -> Answer: ...

    def failure(self, error: PrologueError, push: Push) -> Answer: ...


def admit_everyone(push: Push, _settings: ReceiveSettings) -> str:
    """Everybody may send, for the tenant that `X-Scope-OrgID` names."""
    return resolve_tenant(push.headers.get(TENANT_HEADER))


def _always(_push: Push) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Probe:
    """A question that senders ask of a protocol's server: an answer out of the request alone.

    A request for which `meant` is false is not this protocol's: other routes get it. `guarded` ones
    are answered only to who may send.
    """

    paths: tuple[str, ...]
    answer: Callable[[Push], Answer]
    methods: tuple[str, ...] = ("GET",)
    meant: Callable[[Push], bool] = _always
    guarded: bool = False


@dataclass(frozen=True, slots=True)
class Pieces:
    """How a body that may be endless is taken apart while it comes.

    `cut` answers where the last whole record of a beginning ends, 0 where none does. `behind` answers
    what of a piece the buffer does not hold already, where its records carry positions.
    """

    cut: Callable[[bytes], int]
    behind: Callable[[Push, PositionConflict], bytes]


@dataclass(frozen=True, slots=True)
class Receiver:
    """One way in: its name in metrics and documentation, its routes, its decoder, its answers.

    `admit` answers the tenant of a request whose body nobody has read, or raises `UserError`
    (`Unauthorized` for a wrong or missing token).

    `each`: the answer tells of every payload by itself, so one that is not stored does not fail the
    others; `Decoded.errors` says what became of them.

    `pieces`: bodies that are not compressed are stored piece by piece, each durable before the next is
    read. A failure then leaves the pieces before it stored, so records must carry positions.
    """

    name: str
    paths: tuple[str, ...]
    decode: Callable[[Push, ReceiveSettings], Decoded]
    answers: Answers
    admit: Callable[[Push, ReceiveSettings], str] = admit_everyone
    methods: tuple[str, ...] = ("POST",)
    probes: tuple[Probe, ...] = ()
    each: bool = False
    pieces: Pieces | None = None
