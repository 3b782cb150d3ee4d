"""A WebAssembly parser over an Arrow array of lines.

The lines go to the module in calls of about a megabyte. A call that traps is tried again in halves, so
that one line that breaks a parser costs the fields of that line and not of its neighbours; the lines that
are left get the reason as their error. Two things bound what a broken module can cost: halves are made
only while there were few faults in this batch, and after three calls that used up their time or their
instructions the module is asked no more in this batch.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from prologue.model.errors import ConfigError
from prologue.parse.wasm import batch
from prologue.parse.wasm.faults import WasmFault
from prologue.parse.wasm.limits import WasmLimits
from prologue.parse.wasm.sandbox import Sandbox

_MOST_FAULTS = 64
_MOST_SLOW = 3


@dataclass(frozen=True, slots=True)
class WasmParsed:
    """For each line: `fields`, a map<binary, binary>, and `errors`, a string or null."""

    fields: pa.Array[Any]
    errors: pa.Array[Any]


class WasmParser:
    """Threads may share one."""

    def __init__(self, code: bytes, limits: WasmLimits | None = None) -> None:
        """Raises ConfigError where the module cannot be used."""
        self._limits = limits or WasmLimits()
        self._sandbox = Sandbox(code, self._limits)

    @classmethod
    def load(cls, path: Path, limits: WasmLimits | None = None) -> WasmParser:
        """The parser in a file."""
        try:
            code = path.read_bytes()
        except OSError as error:
            raise ConfigError(
                f"cannot read the module {path}: {error.strerror}", cure="check the path"
            ) from error
        return cls(code, limits)

    def parse(self, lines: pa.Array[Any]) -> WasmParsed:
        """`lines` is an array of strings or binaries; a null is an empty line."""
        starts, data = _layout(lines)
        work = _calls(starts, self._limits.call_bytes)
        fields: list[pa.Array[Any]] = []
        errors: list[pa.Array[Any]] = []
        faults = slow = 0
        while work:
            first, last = work.pop()
            if slow >= _MOST_SLOW:
                fault = WasmFault(f"was stopped for this batch after {slow} calls that ran too long")
            else:
                try:
                    part = starts[first : last + 1]
                    fields.append(self._sandbox.call(part, data[int(part[0]) : int(part[-1])]))
                    errors.append(pa.nulls(last - first, pa.string()))
                    continue
                except WasmFault as caught:
                    fault = caught
                    faults, slow = faults + 1, slow + fault.slow
                if last - first > 1 and faults <= _MOST_FAULTS and not fault.slow:
                    middle = (first + last) // 2
                    work += [(middle, last), (first, middle)]
                    continue
            fields.append(batch.no_fields(last - first))
            errors.append(pa.repeat(f"the module {fault.reason}", last - first))
        return WasmParsed(_joined(fields, batch.no_fields(0)), _joined(errors, pa.nulls(0, pa.string())))


def _layout(lines: pa.Array[Any]) -> tuple[npt.NDArray[np.int64], memoryview]:
    """Where each line starts, one entry more than lines, and the bytes they start in."""
    array: pa.Array[Any] = lines.cast(pa.large_binary())
    if array.null_count:
        array = array.fill_null(b"")
    _, offsets, data = array.buffers()
    if offsets is None or len(array) == 0:  # Arrow may leave out the buffers of an empty array
        return np.zeros(1, dtype=np.int64), memoryview(b"")
    starts = np.frombuffer(memoryview(offsets), dtype=np.int64)[array.offset : array.offset + len(array) + 1]
    return starts, memoryview(data if data is not None else b"")


def _calls(starts: npt.NDArray[np.int64], call_bytes: int) -> list[tuple[int, int]]:
    """Ranges of lines of about so many bytes, the last range first; a longer line is a range alone."""
    ranges = []
    first, lines = 0, len(starts) - 1
    while first < lines:
        last = int(np.searchsorted(starts, starts[first] + call_bytes, side="right")) - 1
        last = min(max(last, first + 1), lines)
        ranges.append((first, last))
        first = last
    return ranges[::-1]


def _joined(parts: list[pa.Array[Any]], nothing: pa.Array[Any]) -> pa.Array[Any]:
    return pa.concat_arrays(parts) if parts else nothing
