"""`wasm`: fields by a parser of the user's own, compiled to WebAssembly and run in a sandbox.

Next chapter: `prologue.parse.wasm.parser`; the interface of a module is in `prologue.parse.wasm.batch`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute

from prologue.model.errors import ConfigError
from prologue.parse.pipelines.document import Options
from prologue.parse.stages.kind import StageKind, outside
from prologue.parse.wasm.limits import MOST_MEMORY_BYTES, WasmLimits
from prologue.parse.wasm.parser import WasmParser

# Its stubs do not know what its functions make of Any.
pc: Any = pyarrow.compute

_ERROR = "__error__"
_MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Wasm:
    """`digest` names the module's content, so that another module makes another version of the pipeline."""

    source: str
    digest: str
    limits: WasmLimits
    parser: WasmParser = field(compare=False, repr=False)

    @property
    def error_kind(self) -> str:
        return "WasmParserErr"

    def run(self, lines: pa.Table) -> pa.Table:
        """The module's fields as attributes. A line that it gives `__error__`, or breaks on, fails."""
        parsed = self.parser.parse(self._text(lines))
        told = pc.map_lookup(parsed.fields, pa.scalar(_ERROR.encode(), pa.binary()), "first")
        errors = pc.coalesce(parsed.errors.cast(pa.large_string()), _as_text(told))
        return pa.table({"attributes": _as_texts(parsed.fields), "error": errors})

    def _text(self, lines: pa.Table) -> pa.Array[Any]:
        if self.source == "body":
            column = lines["body"]
        else:
            name = pa.scalar(self.source, pa.large_string())
            column = pc.map_lookup(lines["attributes"], name, "first")
        found: pa.Array[Any] = column.combine_chunks()
        return found


def _as_text(values: Any) -> Any:
    """Bytes as text without a look at them: what a module answers need not be UTF-8, as a line need not."""
    options = pc.CastOptions(target_type=pa.large_string(), allow_invalid_utf8=True)
    return pc.cast(values, options=options)


def _as_texts(fields: Any) -> Any:
    pairs = pa.StructArray.from_arrays(
        [_as_text(fields.keys), _as_text(fields.items)],
        fields=[pa.field("key", pa.large_string(), nullable=False), pa.field("value", pa.large_string())],
    )
    kind = pa.map_(pa.large_string(), pa.large_string())
    offsets = fields.offsets.cast(pa.int32()).buffers()[1]
    return pa.Array.from_buffers(kind, len(fields), [None, offsets], children=[pairs])


def read(options: Options) -> Wasm:
    path = options.file("module")
    usual = WasmLimits()
    limits = WasmLimits(
        memory_bytes=_MIB
        * options.integer("memory_mib", usual.memory_bytes // _MIB, least=1, most=MOST_MEMORY_BYTES // _MIB),
        fuel_per_byte=options.integer("fuel_per_byte", usual.fuel_per_byte, least=1, most=10**9),
        seconds=options.number("seconds", usual.seconds, least=0.01, most=60),
    )
    try:
        code = path.read_bytes()
        parser = WasmParser(code, limits)
    except OSError as error:
        options.refuse("module", f"cannot read {path}: {error.strerror}", "make it readable")
    except ConfigError as error:
        options.refuse("module", f"{path.name}: {error.message}", error.cure)
    digest = hashlib.sha256(code).hexdigest()
    return Wasm(options.text("source", "body"), digest, limits, parser)


STAGE = StageKind(read, outside, main="module")
