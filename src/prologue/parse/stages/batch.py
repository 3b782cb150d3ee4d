"""Stages outside the engine: whole batches as Arrow tables, never a line at a time.

Next chapter: `prologue.pipeline.parsing`, which calls them and checks what they answer.
"""

from __future__ import annotations

from typing import Any, Protocol, runtime_checkable

import pyarrow as pa

_MAP: Any = pa.map_(pa.large_string(), pa.large_string())
_INPUT: dict[str, Any] = {
    "body": pa.large_binary(),
    "timestamp": pa.int64(),
    "labels": pa.large_string(),
    "attributes": _MAP,
}
INPUT_SCHEMA = pa.schema(_INPUT)
"""What a stage is given, one row a line: `timestamp` is Unix ns, null where the line has no time yet;
`labels` are the stream's, as a JSON object. Nothing else is null."""

OUTPUT_TYPES: dict[str, pa.DataType] = {
    "body": pa.large_binary(),
    "timestamp": pa.int64(),
    "severity_text": pa.large_string(),
    "trace_id": pa.large_string(),
    "span_id": pa.large_string(),
    "attributes": _MAP,
    "error": pa.large_string(),
    "drop": pa.bool_(),
}
"""What it may answer, all optional, cast to these types. A null leaves what the line had. `attributes` are
added to the line's; an empty value removes. `error` is why the stage failed on the line: the line is kept as
it came, whatever else was answered for it. `drop` removes the line, and is counted."""


@runtime_checkable
class BatchStage(Protocol):
    """A stage's node that runs outside the engine.

    Duties of `run`: answer a table of exactly as many rows, in the same order, with columns of
    OUTPUT_TYPES and no others; be a pure function of its input, so that a batch that is tried again comes
    out the same; hold no state between batches; return within a bounded time. Whatever it raises counts as
    an error of every line of the batch, which are then kept whole: it need not catch its own. It is called
    from several threads at once.

    `error_kind` is what `__error__` says where it fails, such as `WasmParserErr`.
    """

    @property
    def error_kind(self) -> str: ...

    def run(self, lines: pa.Table) -> pa.Table: ...
