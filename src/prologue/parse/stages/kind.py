"""What a stage is to the compiler: an entry of the catalog."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from prologue.parse.pipelines.document import Options
from prologue.parse.pipelines.rows import Rows


def outside(_node: Any, _rows: Rows) -> None:
    """The `lower` of a stage that runs outside the engine: the compiler never asks for it."""
    raise AssertionError("a batch stage is not lowered")


@dataclass(frozen=True, slots=True)
class StageKind:
    """`main` is the option that a bare value stands for; with `*` before it, a bare map does.

    `always`: it touches lines too on which an earlier stage failed. `moves`: it may change a line's labels
    or tenant. `first`: it must be a pipeline's first stage.
    """

    read: Callable[[Options], Any]
    lower: Callable[[Any, Rows], None]
    main: str = ""
    always: bool = False
    moves: bool = False
    first: bool = False
