"""The levels of many lines at once, found by `levels.c`.

The engine's regular expressions take 0.5 us of CPU a line of text, a quarter of what storing it takes;
this takes a tenth of that (decision 17). The C is compiled to WebAssembly, which comes with the package:
it runs wherever wasmtime does, nobody needs a compiler, and what it does wrong it does to its own
memory. Where it is not sure, and where it cannot run, the engine decides as before.
"""

from __future__ import annotations

import ctypes
import logging
import threading
from functools import cache
from importlib import resources
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from wasmtime import Config, Engine, Func, Instance, Memory, Module, Store, Trap, WasmtimeError

from prologue.parse.levels.words import ALONE, ALONE_IN_CAPITALS, CODES, LEVELS, MEANINGS

logger = logging.getLogger(__name__)

Codes = npt.NDArray[np.uint8]

UNDECIDED = 0
"""In place of a code: the line is left to the engine."""

SPELLED = ("", *LEVELS)
"""Levels by their codes."""

_ALONE, _ALONE_IN_CAPITALS = 1, 2


def guess(lines: pa.Array[Any]) -> Codes:
    """For each line a place in `SPELLED`, `UNDECIDED` where the engine has to look."""
    kind = np.int64 if lines.type in {pa.large_binary(), pa.large_string()} else np.int32
    _, offsets, data = lines.buffers()
    codes = np.zeros(len(lines), np.uint8)
    if not len(lines) or offsets is None or data is None:
        return codes
    ends = np.frombuffer(memoryview(offsets), kind)[lines.offset : lines.offset + len(lines) + 1]
    guesser = _guesser()
    if guesser is not None:
        try:
            guesser.guess(ends, data.address, codes)
        except (Trap, WasmtimeError) as error:  # a defect of ours that must not hold a batch up
            logger.error("levels of %d lines are left to the engine: %s", len(lines), error)
            codes[:] = UNDECIDED
            del _LOCAL.guesser
    return codes


def source() -> int | None:
    """The first four bytes of the SHA-256 of the source that the module was made of."""
    guesser = _guesser()
    return None if guesser is None else guesser.call("source") & 0xFFFF_FFFF


class _Guesser:
    """An instance of the module; for one thread."""

    def __init__(self, engine: Engine, module: Module) -> None:
        self._store = Store(engine)
        self._exports = Instance(self._store, module, []).exports(self._store)
        self._memory = cast("Memory", self._exports["memory"])
        self._guess = cast("Func", self._exports["guess_lines"])
        self._text, self._ends, self._codes = (self.call(name) for name in ("text", "ends", "codes"))
        self._text_bytes, self._most = self.call("text_bytes"), self.call("most_lines")
        self._teach()

    def guess(self, ends: npt.NDArray[Any], address: int, codes: Codes) -> None:
        """Fill `codes` of the lines between `ends`, counted in bytes from `address`."""
        first = 0
        while first < len(codes):
            start = ends[first]
            last = int(np.searchsorted(ends, start + self._text_bytes, side="right")) - 1
            last = min(last, first + self._most)
            if last == first:  # a line larger than the module's memory
                first += 1
                continue
            part = (ends[first + 1 : last + 1] - start).astype(np.uint32)
            base = ctypes.addressof(self._memory.data_ptr(self._store).contents)
            ctypes.memmove(base + self._text, address + int(start), int(part[-1]))
            ctypes.memmove(base + self._ends, part.ctypes.data, part.nbytes)
            self._guess(self._store, last - first)
            ctypes.memmove(codes.ctypes.data + first, base + self._codes, last - first)
            first = last

    def _teach(self) -> None:
        """Give the module the words of `words.py`."""
        for word, level in MEANINGS.items():
            flags = _ALONE * (word in ALONE) + _ALONE_IN_CAPITALS * (word.upper() in ALONE_IN_CAPITALS)
            self._memory.write(self._store, word.encode(), self._text)
            if not self.call("add_word", len(word), CODES[level], flags):
                raise RuntimeError(f"levels.c has no room for the word {word!r}")
        self.call("unknown", CODES["unknown"])

    def call(self, name: str, *arguments: int) -> int:
        """What the module's function of this name answers."""
        return cast("int", cast("Func", self._exports[name])(self._store, *arguments))


@cache
def _module() -> tuple[Engine, Module] | None:
    """The module, compiled for this machine; None where wasmtime cannot."""
    config = Config()
    config.parallel_compilation = False
    code = resources.files("prologue.parse.levels").joinpath("levels.wasm").read_bytes()
    engine = Engine(config)
    try:
        return engine, Module(engine, code)
    except WasmtimeError as error:
        logger.warning("levels are left to the engine, which takes longer: %s", error)
        return None


_LOCAL = threading.local()


def _guesser() -> _Guesser | None:
    found: _Guesser | None = getattr(_LOCAL, "guesser", None)
    compiled = _module()
    if found is None and compiled is not None:
        found = _LOCAL.guesser = _Guesser(*compiled)
    return found
