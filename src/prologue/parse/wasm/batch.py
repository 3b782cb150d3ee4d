"""The batch interface, version 1: what goes into a module's memory and what comes out of it.

A module exports its `memory` and two functions, and imports nothing:

    alloc(size: i32) -> i32              a place for `size` bytes; everything handed out before is free again
    parse(place: i32, size: i32) -> i64  the place of the answer in the upper 32 bits, its size in the lower

All numbers are unsigned, 32 bits, little-endian; places start at a multiple of 4. The batch:

    lines                                how many
    starts[lines + 1]                    line i is bytes starts[i] to starts[i + 1] of what follows
    bytes

The answer, whose fields are numbered from 0 through all lines:

    lines                                as many as in the batch
    fields                               how many
    firsts[lines + 1]                    line i has the fields firsts[i] to firsts[i + 1]
    names[fields + 1]                    field j's name is bytes names[j] to names[j + 1] of the names
    values[fields + 1]                   ... and its value, of the values
    bytes of the names, bytes of the values

A line the module cannot parse gets a field `__error__` with the reason, or none. Both sides are arrays as
Arrow has them, so neither side here loops over lines: encoding copies two buffers, decoding checks and
wraps three.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from prologue.parse.wasm.faults import WasmFault

_NUMBER = np.dtype("<u4")
_MAP = pa.map_(pa.binary(), pa.binary())
_Numbers = npt.NDArray[np.uint32]


def head(starts: npt.NDArray[np.int64]) -> bytes:
    """What stands before the lines' bytes; `starts` has one more entry than there are lines."""
    numbers = np.empty(len(starts) + 1, dtype=_NUMBER)
    numbers[0] = len(starts) - 1
    numbers[1:] = starts - starts[0]
    return numbers.tobytes()


def decode(answer: bytes | bytearray, lines: int) -> pa.Array[Any]:
    """The fields of each line as map<binary, binary>. Raises WasmFault where the answer is not sound.

    The module is not trusted: each offset is checked before Arrow may follow it.
    """
    count, fields = (int(number) for number in _numbers(answer, 0, 2))
    if count != lines:
        raise WasmFault(f"it answered {count} lines for {lines}")
    firsts = _offsets(answer, 8, lines + 1, "the lines' fields")
    names = _offsets(answer, 8 + 4 * (lines + 1), fields + 1, "the names")
    values = _offsets(answer, 8 + 4 * (lines + 1) + 4 * (fields + 1), fields + 1, "the values")
    if int(firsts[-1]) != fields:
        raise WasmFault(f"it answered {fields} fields, and its lines have {int(firsts[-1])}")
    start = 8 + 4 * (lines + 1) + 8 * (fields + 1)
    middle = start + int(names[-1])
    end = middle + int(values[-1])
    if end > len(answer):
        raise WasmFault(f"its answer ends at byte {len(answer)}, before its fields do, at {end}")
    buffer = pa.py_buffer(answer)
    return _fields(
        firsts,
        _binary(names, buffer.slice(start, middle - start)),
        _binary(values, buffer.slice(middle, end - middle)),
    )


def no_fields(lines: int) -> pa.Array[Any]:
    """The answer for lines that were not parsed."""
    empty = pa.array([], pa.binary())
    return _fields(np.zeros(lines + 1, dtype=np.uint32), empty, empty)


def _fields(firsts: _Numbers, names: pa.Array[Any], values: pa.Array[Any]) -> pa.Array[Any]:
    # The offsets are known to be below 2**31: an answer is smaller than the largest memory there may be.
    pairs = pa.StructArray.from_arrays(
        [names, values], fields=[pa.field("key", pa.binary(), nullable=False), pa.field("value", pa.binary())]
    )
    starts = pa.py_buffer(firsts.tobytes())
    return pa.Array.from_buffers(_MAP, len(firsts) - 1, [None, starts], children=[pairs])


def _numbers(answer: bytes | bytearray, at: int, count: int) -> _Numbers:
    if at + 4 * count > len(answer):
        raise WasmFault(f"its answer of {len(answer)} bytes is too short for what it says it holds")
    return np.frombuffer(answer, dtype=_NUMBER, count=count, offset=at)


def _offsets(answer: bytes | bytearray, at: int, count: int, what: str) -> _Numbers:
    numbers = _numbers(answer, at, count)
    if numbers[0] != 0 or (numbers[1:] < numbers[:-1]).any() or int(numbers[-1]) > len(answer):
        raise WasmFault(f"in its answer the offsets of {what} do not start at 0 and grow")
    return numbers


def _binary(offsets: _Numbers, data: pa.Buffer) -> pa.Array[Any]:
    return pa.Array.from_buffers(pa.binary(), len(offsets) - 1, [None, pa.py_buffer(offsets.tobytes()), data])
