"""A Prologue server: raw payloads with their positions, an answer for each.

Next chapter: `prologue.receive.payloads`, the other end.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from prologue.model import batch
from prologue.model.errors import TemporaryError
from prologue.model.payload import Payload
from prologue.ship.destination import Reply, Request, Verdict, verdict_of
from prologue.ship.settings import Target


class NativeDestination:
    """See `Destination`. `source_prefix` names this agent in every source it sends."""

    def __init__(self, target: Target, source_prefix: str) -> None:
        self._url = target.url.rstrip("/")
        self._prefix = source_prefix
        self._tenant = target.tenant

    def request(self, payloads: Sequence[Payload]) -> Request:
        headers = tenant_headers(payloads[0].tenant) | {"Content-Type": batch.CONTENT_TYPE}
        return Request(self._url + batch.PAYLOADS_PATH, batch.encode(payloads, self._prefix), headers)

    def verdicts(self, reply: Reply, payloads: Sequence[Payload]) -> list[Verdict]:
        if reply.status == 200:
            try:
                outcomes = msgspec.json.decode(reply.body, type=batch.Outcomes).outcomes
            except msgspec.DecodeError:
                outcomes = []
            if len(outcomes) == len(payloads):
                return [_verdict(outcome) for outcome in outcomes]
            problem = "the endpoint answered 200 as a Prologue server would not; is agent.url right?"
            return [Verdict(problem, again=True)] * len(payloads)
        verdict = verdict_of(reply)
        index = _index(reply) if not (verdict.again or verdict.split) else -1
        if 0 <= index < len(payloads) and verdict.problem and len(payloads) > 1:
            # One is to blame: the others are sent again at once without it.
            verdicts = [Verdict(verdict.problem, again=True)] * len(payloads)
            verdicts[index] = verdict
            return verdicts
        return [verdict] * len(payloads)

    def ask(self, sources: Sequence[str]) -> Request | None:
        named = batch.Positions(sources=[self._prefix + source for source in sources])
        body = msgspec.json.encode(named)
        headers = tenant_headers(self._tenant) | {"Content-Type": "application/json"}
        return Request(self._url + batch.POSITIONS_PATH, body, headers)

    def positions(self, reply: Reply) -> list[int]:
        if reply.status == 200:
            try:
                return msgspec.json.decode(reply.body, type=batch.Positions).positions
            except msgspec.DecodeError as error:
                raise TemporaryError(f"the positions cannot be read: {error}") from error
        raise TemporaryError(verdict_of(reply).problem)


def tenant_headers(tenant: str) -> dict[str, str]:
    """The header by which Prologue and Loki know a tenant."""
    return {"X-Scope-OrgID": tenant}


def _verdict(outcome: batch.Outcome) -> Verdict:
    if not outcome.code:
        return Verdict()
    return Verdict(
        problem=f"{outcome.error}; {outcome.cure}" if outcome.cure else outcome.error,
        again=outcome.again,
        split=outcome.code == "payload_too_large",
        resume_at=outcome.resume_at,
        retry_after=outcome.retry_after,
    )


class _Error(msgspec.Struct):
    index: int | None = None


def _index(reply: Reply) -> int:
    """The payload an error names; -1 where it names none."""
    try:
        index = msgspec.json.decode(reply.body, type=_Error).index
    except msgspec.DecodeError:
        return -1
    return -1 if index is None else index
