"""Bodies that may be endless: stored piece by piece while they come, each durable before more is read.

What is held of a body is at most one piece and what belongs to the next, so neither its length nor a
slow store costs memory, and a sender that is faster than the store waits in its socket. A failure is
answered at once and the connection closed; the pieces before it are stored, and what is sent again
is recognised by its positions.

Next chapter: `prologue.receive.journald.receiver`.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from dataclasses import replace

from starlette.requests import Request

from prologue.model.errors import PayloadTooLarge, PositionConflict, PrologueError
from prologue.receive.answers import body_timeout
from prologue.receive.intake import Intake, Lease
from prologue.receive.receiver import Answer, Decoded, Pieces, Push, Receiver

PIECE_BYTES = 8 * 1024 * 1024


async def take_in_pieces(intake: Intake, receiver: Receiver, request: Request, push: Push) -> Answer:
    """All of a body, stored; the answer to it. `push` has its tenant and no body."""
    assert receiver.pieces is not None
    records = 0
    try:
        with intake.lease() as lease:
            async for piece in _pieces(intake, receiver.pieces, request, lease):
                records += await _take(
                    intake, receiver, replace(push, body=piece, received_ns=intake.clock())
                )
                # The upload may go on for ever, and its rate was asked for only before it began.
                await asyncio.sleep(intake.limits.delay(receiver.name, push.tenant, push.peer))
    except PrologueError as error:
        answer = receiver.answers.failure(error, push)
        intake.refused(receiver, error)
        return replace(answer, headers={**answer.headers, "Connection": "close"})
    return receiver.answers.success(Decoded((), records), push)


async def _pieces(
    intake: Intake, pieces: Pieces, request: Request, lease: Lease
) -> AsyncGenerator[bytes, None]:
    """Whole records, about `PIECE_BYTES` at a time; what is held is on the lease."""
    held = bytearray()
    limit = intake.settings.max_body_bytes
    enough = min(PIECE_BYTES, limit)
    async for chunk in _chunks(request, intake.settings.read_timeout):
        lease.take(len(chunk))
        held += chunk
        if len(held) < enough:
            continue
        end = await intake.off_the_loop(pieces.cut, bytes(held))
        if end:
            yield bytes(held[:end])
            del held[:end]
            lease.give_back(end)
            enough = min(PIECE_BYTES, limit)
        elif len(held) > limit:
            raise PayloadTooLarge(limit)
        else:
            enough = min(2 * len(held), limit + 1)  # one record larger than a piece: not looked at each time
    if held:
        yield bytes(held)


async def _chunks(request: Request, patience: float) -> AsyncGenerator[bytes, None]:
    """What comes. A sender may fall silent for `patience` seconds, not counting how long we take."""
    stream = request.stream()
    while True:
        try:
            yield await asyncio.wait_for(anext(stream), patience)
        except StopAsyncIteration:
            return
        except TimeoutError as error:
            raise body_timeout(patience) from error


async def _take(intake: Intake, receiver: Receiver, push: Push) -> int:
    """How many records of a piece are durable now; those that were before it came count, too."""
    assert receiver.pieces is not None
    with intake.lease() as lease:
        try:
            return (await intake.take(receiver, push, lease)).records
        except PositionConflict as conflict:
            rest = await intake.off_the_loop(receiver.pieces.behind, push, conflict)
            if len(rest) >= len(push.body):
                raise
    return await _take(intake, receiver, replace(push, body=rest))
