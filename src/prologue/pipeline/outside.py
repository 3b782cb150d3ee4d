"""Batch stages: rows leave the engine as Arrow, a stage answers for each, and they come back.

What a stage answers is held against its contract (`prologue.parse.stages.batch`); whatever is wrong with it,
a raised exception included, is an error of the lines it was given, which are kept whole.

Next chapter: `prologue.pipeline.parsing`, which comes here.
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute

from prologue.model.arrow_stream import arrow_pieces
from prologue.parse.columns import RAW_COLUMNS
from prologue.parse.pipelines.compile import Outside
from prologue.parse.pipelines.rows import DETAILS, ERROR
from prologue.parse.stages.batch import INPUT_SCHEMA, OUTPUT_TYPES
from prologue.store.engine import Engine, Source

# Its stubs do not know what its functions make of Any.
pc: Any = pyarrow.compute
arrow: Any = pa

logger = logging.getLogger(__name__)

_MAP = "Map(String, String)"
# One thread: what is answered is put beside what was asked by its number.
_IN_ORDER: dict[str, str | int | float] = {"max_threads": 1}
_ASK = f"""
SELECT number, body, if(isNull(sent), NULL, toUnixTimestamp64Nano(assumeNotNull(sent))) AS timestamp,
    toString(labels) AS labels, CAST(attributes, '{_MAP}') AS attributes
FROM {{numbered}} WHERE chosen ORDER BY number"""
_ANSWER = "number UInt64, " + ", ".join(
    (
        "body Nullable(String)",
        "timestamp Nullable(Int64)",
        "severity_text Nullable(String)",
        "trace_id Nullable(String)",
        "span_id Nullable(String)",
        f"attributes {_MAP}",
        "error Nullable(String)",
        "drop UInt8",
    )
)
_CHANGES = {
    "sent": (
        "if(ok AND isNotNull(a.timestamp), "
        "fromUnixTimestamp64Nano(assumeNotNull(a.timestamp), 'UTC'), n.sent)"
    ),
    **{
        name: f"if(ok, ifNull(a.{name}, n.{name}), n.{name})"
        for name in ("severity_text", "body", "trace_id", "span_id")
    },
    "attributes": (
        f"if(ok, mapFilter((k, v) -> v != '', mapUpdate(CAST(n.attributes, '{_MAP}'), a.attributes)), "
        f"if(notEmpty(assumeNotNull(a.error)), mapUpdate(CAST(n.attributes, '{_MAP}'), "
        f"map('{ERROR}', {{kind:String}}, '{DETAILS}', concat({{where:String}}, assumeNotNull(a.error)))), "
        f"CAST(n.attributes, '{_MAP}')))"
    ),
}


def run_outside(engine: Engine, part: Outside, source: str, table: str) -> None:
    """Fill `table` with the rows of `source`, both of CARRIED, as the stage leaves them."""
    numbered = f"{table}_numbered"
    engine.command(f"DROP TEMPORARY TABLE IF EXISTS {numbered}")
    engine.command(
        f"CREATE TEMPORARY TABLE {numbered} ENGINE = Memory AS "
        f"SELECT *, rowNumberInAllBlocks() AS number FROM {source}",
        settings=_IN_ORDER,
    )
    try:
        asked = engine.arrow(_ASK.format(numbered=numbered))
        answer = _answer(part, asked)
        values = ", ".join(f"{_CHANGES.get(name, f'n.{name}')} AS {name}" for name in RAW_COLUMNS)
        body = "n.body"
        original = f"if(n.original = '' AND ok AND ifNull(a.body, {body}) != {body}, {body}, n.original)"
        failed = "if(n.chosen AND notEmpty(ifNull(a.error, '')), 1, n.failed)"
        columns = f"{', '.join(RAW_COLUMNS)}, original, failed, chosen"
        engine.insert_select(
            f"{table} ({columns})",
            f"SELECT {values}, {original} AS original, toUInt8({failed}) AS failed, toUInt8(1) AS chosen "
            f"FROM (SELECT *, 1 AS held FROM {numbered}) AS n LEFT JOIN "
            f"(SELECT *, empty(ifNull(error, '')) AS ok FROM {{source}}) AS a ON n.number = a.number "
            f"WHERE NOT a.drop",
            Source("ArrowStream", _ANSWER, arrow_pieces(answer)),
            {"kind": part.stage.error_kind, "where": f"{part.where}: "},
        )
    finally:
        engine.command(f"DROP TEMPORARY TABLE IF EXISTS {numbered}")


def _answer(part: Outside, asked: pa.Table) -> pa.Table:
    """The stage's answer in the columns of _ANSWER, one row for each that was asked."""
    numbers = asked["number"]
    lines = asked.drop_columns(["number"]).cast(INPUT_SCHEMA)
    try:
        found = _checked(part.stage.run(lines), len(lines)) if len(lines) else {}
    except Exception as error:  # whatever a user's parser raises concerns its lines and nothing else
        logger.warning("%s failed on a batch of %d lines: %s", part.where, len(lines), error)
        why = f"{type(error).__name__}: {error}"[:500]
        found = {"error": pa.array([why] * len(lines), pa.large_string())}
    columns: dict[str, Any] = {"number": numbers}
    for name, kind in OUTPUT_TYPES.items():
        column = found.get(name, arrow.nulls(len(lines), kind))
        if name == "drop":
            column = pc.fill_null(column, False).cast(pa.uint8())
        elif name == "attributes":
            column = _without_nulls(column)
        columns[name] = column
    # A failed line is kept as it came, so it is not dropped either.
    failed = pc.fill_null(pc.greater(pc.binary_length(columns["error"]), 0), False)
    columns["drop"] = pc.if_else(failed, pa.scalar(0, pa.uint8()), columns["drop"])
    return pa.table(columns)


def _checked(table: object, rows: int) -> dict[str, Any]:
    """The columns of a stage's answer in their types. Raises ValueError where it breaks the contract."""
    if not isinstance(table, pa.Table | pa.RecordBatch):
        raise ValueError(f"the answer is a {type(table).__name__}, not an Arrow table")
    if table.num_rows != rows:
        raise ValueError(f"the answer has {table.num_rows} rows for {rows} lines")
    unknown = [name for name in table.column_names if name not in OUTPUT_TYPES]
    if unknown:
        raise ValueError(f"the answer has a column {unknown[0]}; known are {', '.join(OUTPUT_TYPES)}")
    if isinstance(table, pa.RecordBatch):
        table = pa.Table.from_batches([table])
    return {name: table[name].cast(OUTPUT_TYPES[name]).combine_chunks() for name in table.column_names}


def _without_nulls(column: Any) -> Any:
    """Maps without a null among maps, keys and values."""
    kind = OUTPUT_TYPES["attributes"]
    if column.null_count == len(column):
        return arrow.MapArray.from_arrays(
            pa.array([0] * (len(column) + 1), pa.int32()),
            pa.array([], pa.large_string()),
            pa.array([], pa.large_string()),
            kind,
        )
    offsets = column.offsets.to_numpy()
    lengths = np.diff(offsets)
    valid = column.is_valid().to_numpy(zero_copy_only=False)
    kept = arrow.array(np.repeat(valid, lengths))
    first, entries = int(offsets[0]), int(offsets[-1] - offsets[0])
    keys = column.keys.slice(first, entries).filter(kept)
    items = pc.fill_null(column.items.slice(first, entries).filter(kept), "")
    ends = np.concatenate(([0], np.cumsum(np.where(valid, lengths, 0)))).astype(np.int32)
    return arrow.MapArray.from_arrays(arrow.array(ends), keys, items, kind)
