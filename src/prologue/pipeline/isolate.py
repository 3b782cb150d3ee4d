"""Finding the payloads of a batch on which the engine fails, so that those beside them are stored.

By halves: one bad payload among a thousand is found in about twenty tries.

Next chapter: `prologue.pipeline.ingest`, which keeps what was found whole.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from prologue.model.errors import PrologueError, TemporaryError
from prologue.model.payload import Payload


@dataclass(frozen=True, slots=True)
class Piece:
    """Payloads that the engine takes together, as so many rows; or one that it refuses, and why."""

    payloads: Sequence[Payload]
    rows: int = 0
    refused: str | None = None


def pieces(
    payloads: Sequence[Payload],
    attempt: Callable[[Sequence[Payload]], int],
    blamed: type[Exception] | tuple[type[Exception], ...],
) -> list[Piece]:
    """The payloads in order, in the largest pieces for which `attempt` answers (the number of rows).

    An error of the kinds in `blamed` is the payloads' fault; any other one, and what may pass by itself,
    is raised.
    """
    try:
        return [Piece(payloads, attempt(payloads))]
    except TemporaryError:
        raise
    except blamed as error:
        if len(payloads) == 1:
            return [Piece(payloads, refused=told(error))]
    middle = len(payloads) // 2
    return [
        *pieces(payloads[:middle], attempt, blamed),
        *pieces(payloads[middle:], attempt, blamed),
    ]


def told(error: Exception) -> str:
    """An error of ours by its message; anything else is a defect and says so."""
    return error.message if isinstance(error, PrologueError) else f"a defect: {error!r}"
