"""The levels of lines and records whose columns are at hand before the engine has them.

The rules are those of `sql.py`, in the same order: what the sender says of severity, then a stream label,
then an attribute, then the line itself. The engine is left what `guess.py` is not sure of: '' in the
dictionary-encoded answers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import cache
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from prologue.parse.levels.guess import SPELLED, UNDECIDED, Codes, guess
from prologue.parse.levels.sql import LABELLED
from prologue.parse.levels.words import CODES, LEVEL_KEYS, MEANINGS, SEVERITIES

_OF_NUMBER: Codes = np.array(
    [0, *(CODES[next(level for least, level in SEVERITIES if n >= least)] for n in range(1, 256))], np.uint8
)
_LABEL = re.compile(LABELLED)


def of_lines(lines: pa.ChunkedArray[Any], labels: pa.ChunkedArray[Any]) -> pa.Array[Any]:
    """Of lines that came with their streams' label sets and nothing else."""
    return _spelled(_or_said_by_lines(_of_distinct(labels, _labelled), lines))


def of_records(table: pa.Table) -> pa.Array[Any]:
    """Of rows of `RECORD_SCHEMA`."""
    codes = _OF_NUMBER[table["severity_number"].to_numpy()]
    if not codes.all():
        codes = _first(codes, _of_distinct(table["severity_text"], _named))
        codes = _first(codes, _of_distinct(table["stream"], _labelled))
        codes = _first(codes, _of_attributes(table["attributes"]))
        codes = _or_said_by_lines(codes, table["body"])
    return _spelled(codes)


def nothing(count: int) -> pa.Array[Any]:
    """For rows that are to have no level."""
    return _spelled(np.full(count, UNDECIDED, np.uint8))


def _spelled(codes: Codes) -> pa.Array[Any]:
    return pa.DictionaryArray.from_arrays(codes.astype(np.int8), pa.array(SPELLED))


def _first(said: Codes, else_said: Codes) -> Codes:
    return np.where(said != 0, said, else_said)


def _or_said_by_lines(said: Codes, lines: pa.ChunkedArray[Any]) -> Codes:
    if said.all():
        return said
    return _first(said, _joined(guess(chunk) for chunk in lines.chunks))


def _joined(parts: Iterable[Codes]) -> Codes:
    return np.concatenate([np.zeros(0, np.uint8), *parts])


def _named(word: str) -> int:
    level = MEANINGS.get(word.lower())
    return CODES[level] if level else 0


def _labelled(label_set: str) -> int:
    found = _LABEL.search(label_set)
    return _named(found[1]) if found else 0


def _of_distinct(column: pa.ChunkedArray[Any], find: Callable[[str], int]) -> Codes:
    """Of a dictionary-encoded column; `find` is asked once for each distinct text of a chunk."""
    chunks = [cast("pa.DictionaryArray[Any, Any]", chunk) for chunk in column.chunks if len(chunk)]
    return _joined(
        np.array([find(str(text)) for text in chunk.dictionary.to_pylist()], np.uint8)[
            chunk.indices.to_numpy()
        ]
        for chunk in chunks
    )


@cache
def _keys() -> pa.Array[Any]:
    return pa.array(LEVEL_KEYS)  # not at import: pyarrow would import pandas (prologue.app.lean)


def _of_attributes(attributes: pa.ChunkedArray[Any]) -> Codes:
    return _joined(_of_maps(cast("pa.MapArray[Any, Any]", chunk)) for chunk in attributes.chunks)


def _of_maps(maps: pa.MapArray[Any, Any]) -> Codes:
    """By the first attribute of each row that is called as a level is."""
    codes = np.zeros(len(maps), np.uint8)
    offsets = maps.offsets.to_numpy()
    called = cast("pa.Array[Any]", pc.is_in(maps.keys, _keys()))
    places = np.flatnonzero(called.to_numpy(zero_copy_only=False))
    places = places[(places >= offsets[0]) & (places < offsets[-1])]
    rows, first = np.unique(np.searchsorted(offsets, places, side="right") - 1, return_index=True)
    if len(rows):
        words = maps.items.take(pa.array(places[first])).dictionary_encode()
        codes[rows] = _of_distinct(pa.chunked_array([words]), _named)
    return codes
