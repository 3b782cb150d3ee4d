"""What a protocol must say of itself: how payloads become a request, and what an answer means.

Next chapter: `prologue.ship.catalog`, the protocols there are.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

from prologue.model.payload import Payload


@dataclass(frozen=True, slots=True)
class Request:
    """One POST. `body` is not compressed yet unless `headers` name an encoding."""

    url: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reply:
    """An HTTP answer. `retry_after` in seconds; 0 where the endpoint said none."""

    status: int
    body: bytes = b""
    retry_after: float = 0.0


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer means for one payload: durable where `problem` is empty.

    `resume_at` of 0 or more: the endpoint holds the source up to there. `again`: the same payload may
    be taken later. `split`: it was too large. `partial`: some of it was taken and some never will be.
    None of these: it will never be taken.
    """

    problem: str = ""
    again: bool = False
    split: bool = False
    partial: bool = False
    resume_at: int = -1
    retry_after: float = 0.0


class Destination(Protocol):
    """Duties: pure functions of their arguments, thread-safe, no I/O; raise `PrologueError` only."""

    def request(self, payloads: Sequence[Payload]) -> Request:
        """The request for payloads of one tenant."""
        ...

    def verdicts(self, reply: Reply, payloads: Sequence[Payload]) -> list[Verdict]:
        """What the answer means, payload by payload."""
        ...

    def ask(self, sources: Sequence[str]) -> Request | None:
        """The question how far sources are held; None where the protocol knows no positions."""
        ...

    def positions(self, reply: Reply) -> list[int]:
        """The answer to `ask`, in its order. Raises `TemporaryError`."""
        ...


# What a sender cannot mend by sending something else: the operator has to.
MISCONFIGURED = frozenset({401, 403, 404, 405, 407, 421})
TOO_LARGE = 413


def verdict_of(reply: Reply) -> Verdict:
    """What an HTTP status means where the protocol says nothing better.

    Wrong credentials and wrong addresses are waited for, because the payload is not to blame.
    """
    if 200 <= reply.status < 300:
        return Verdict()
    said = reply.body[:300].decode(errors="replace").strip()
    problem = f"the endpoint answered {reply.status}" + (f": {said}" if said else "")
    if reply.status == TOO_LARGE:
        return Verdict(problem, split=True)
    if reply.status in MISCONFIGURED or reply.status in (408, 425, 429) or reply.status >= 500:
        return Verdict(problem, again=True, retry_after=reply.retry_after)
    if 300 <= reply.status < 400:
        return Verdict(f"{problem} (a redirect: configure the address it leads to)", again=True)
    return Verdict(problem)
