"""What this package hands on: a source of rows and the SELECT that reads them as records.

The pipeline turns a job into the store's stage; `parse` and `store` do not know each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from prologue.model.arrow_stream import Pieces


@dataclass(frozen=True, slots=True)
class ParseJob:
    """One group of payloads that are read the same way.

    `select` contains `{source}` where the engine's rows go and yields RAW_COLUMNS;
    `format` and `structure` tell the engine how to read `data`; `parameters` are bound. `rows` is
    the number of records, or None where only the engine can count them. `levels`: behind RAW_COLUMNS
    the select yields `level`, and '' for rows whose levels are still to be found.
    """

    format: str
    structure: str
    data: Pieces
    select: str
    parameters: Mapping[str, object] = field(default_factory=dict)
    rows: int | None = None
    levels: bool = False
