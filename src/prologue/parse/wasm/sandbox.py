"""Wasmtime, closed on all sides: no imports, so no files, no network, no clock; fuel, memory and time.

A module is compiled once. Instances are made from it as they are needed and thrown away after a fault, so
nothing a module did to its memory outlives the call in which it failed.

Source: the WebAssembly core specification; Wasmtime's documentation on interrupting execution.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pyarrow as pa
from wasmtime import (
    Config,
    Engine,
    Func,
    FuncType,
    Instance,
    Memory,
    MemoryType,
    Module,
    Store,
    Trap,
    TrapCode,
    ValType,
    WasmtimeError,
)

from prologue.model.errors import ConfigError
from prologue.parse.wasm import batch
from prologue.parse.wasm.faults import WasmFault
from prologue.parse.wasm.limits import MOST_MEMORY_BYTES, MOST_MODULE_BYTES, WasmLimits
from prologue.parse.wasm.watch import Watch

_STACK_BYTES = 512 * 1024
_MASK = 0xFFFF_FFFF
_INTERFACE = "docs/parsers/wasm.md describes the interface"
_FUNCTIONS = {
    "alloc": ([ValType.i32()], [ValType.i32()], "alloc(i32) -> i32"),
    "parse": ([ValType.i32(), ValType.i32()], [ValType.i64()], "parse(i32, i32) -> i64"),
}


class Sandbox:
    """One module and its idle instances. Threads may call `call` at the same time."""

    def __init__(self, code: bytes, limits: WasmLimits) -> None:
        """Raises ConfigError where the code is no module, or none with this interface."""
        if limits.memory_bytes > MOST_MEMORY_BYTES:
            raise ConfigError(
                f"a memory limit of {limits.memory_bytes} bytes is more than {MOST_MEMORY_BYTES}",
                cure="set a smaller one",
            )
        self._limits = limits
        self._engine, self._watch = _engine()
        self._module = _compiled(self._engine, code)
        self._lock = threading.Lock()
        self._idle: list[_Running] = []
        try:
            self._idle.append(self._start(self._limits.fuel))
        except WasmFault as fault:
            raise ConfigError(f"the module cannot be started: {fault.reason}", cure=_INTERFACE) from fault

    def call(self, starts: npt.NDArray[np.int64], data: memoryview) -> pa.Array[Any]:
        """The fields of lines. `data` are their bytes and `starts` where each begins, counted from the first.

        Raises WasmFault; the instance is gone then, and the next call gets a new one.
        """
        fuel = self._limits.fuel + self._limits.fuel_per_byte * len(data)
        with self._lock:
            running = self._idle.pop() if self._idle else None
        running = running or self._start(fuel)
        with self._guarded(running.store, fuel):
            answer = running.parse(batch.head(starts), data)
        fields = batch.decode(answer, len(starts) - 1)
        with self._lock:
            self._idle.append(running)
        return fields

    def _start(self, fuel: int) -> _Running:
        store = Store(self._engine)
        store.set_limits(
            self._limits.memory_bytes, table_elements=100_000, instances=1, tables=10, memories=1
        )
        with self._guarded(store, fuel):
            return _Running(store, Instance(store, self._module, []))

    @contextmanager
    def _guarded(self, store: Store, fuel: int) -> Iterator[None]:
        store.set_fuel(fuel)
        try:
            with self._watch.limit(store, self._limits.seconds):
                yield
        except Trap as trap:
            raise self._fault(trap, fuel) from trap
        except WasmtimeError as error:
            raise WasmFault(f"failed: {_first_line(str(error))}") from error

    def _fault(self, trap: Trap, fuel: int) -> WasmFault:
        code = trap.trap_code
        if code is TrapCode.INTERRUPT:
            return WasmFault(f"ran longer than {self._limits.seconds:g} s", slow=True)
        if code is TrapCode.OUT_OF_FUEL:
            return WasmFault(f"ran more than {fuel} instructions", slow=True)
        what = code.name.lower().replace("_", " ") if code else _first_line(trap.message)
        return WasmFault(f"trapped: {what}")


class _Running:
    """An instance with its store; for one thread at a time."""

    def __init__(self, store: Store, instance: Instance) -> None:
        exports = instance.exports(store)
        self.store = store
        self._memory = cast("Memory", exports["memory"])
        self._alloc = cast("Func", exports["alloc"])
        self._parse = cast("Func", exports["parse"])

    def parse(self, head: bytes, data: memoryview) -> bytearray:
        """The bytes of the answer, copied out of the module's memory."""
        size = len(head) + len(data)
        place = int(self._alloc(self.store, size)) & _MASK
        if place == 0 or place + size > self._memory.data_len(self.store):
            raise WasmFault(f"has no {size} bytes for a batch")
        if place % 4:
            raise WasmFault("gave a place for the batch that is no multiple of 4")
        self._write(place, head)
        self._write(place + len(head), data)
        packed = int(self._parse(self.store, place, size))
        start, length = (packed >> 32) & _MASK, packed & _MASK
        if start + length > self._memory.data_len(self.store):
            raise WasmFault("gave an answer outside its memory")
        return self._memory.read(self.store, start, start + length)

    def _write(self, place: int, data: bytes | memoryview) -> None:
        if len(data):
            target = self._memory.get_buffer_ptr(self.store, len(data), place)
            memoryview(target).cast("B")[:] = memoryview(data).cast("B")


@cache
def _engine() -> tuple[Engine, Watch]:
    """The engine of this process and its clock: pipelines come and go, threads must not."""
    config = Config()
    config.consume_fuel = True
    config.epoch_interruption = True
    config.max_wasm_stack = _STACK_BYTES
    config.wasm_threads = False
    config.wasm_memory64 = False
    config.wasm_multi_memory = False
    # Batches are parsed by several threads already; compiling is rare.
    config.parallel_compilation = False
    engine = Engine(config)
    return engine, Watch(engine)


def _compiled(engine: Engine, code: bytes) -> Module:
    if len(code) > MOST_MODULE_BYTES:
        raise ConfigError(
            f"the module has {len(code)} bytes, more than {MOST_MODULE_BYTES}",
            cure="strip it, or build it smaller",
        )
    if not code.startswith(b"\0asm"):
        raise ConfigError("this is not a WebAssembly module in the binary format", cure=_INTERFACE)
    try:
        module = Module(engine, code)
    except WasmtimeError as error:
        raise ConfigError(
            f"the module cannot be compiled: {_first_line(str(error))}", cure=_INTERFACE
        ) from error
    imports = [f"{one.module}.{one.name}" for one in module.imports]
    if imports:
        raise ConfigError(
            f"the module imports {', '.join(imports[:5])}, and a parser is given nothing",
            cure="build it without WASI and without imports, as docs/parsers/wasm.md shows for each language",
        )
    _check_exports(module)
    return module


def _check_exports(module: Module) -> None:
    exports = {export.name: export.type for export in module.exports}
    if not isinstance(exports.get("memory"), MemoryType):
        raise ConfigError("the module does not export its memory as `memory`", cure=_INTERFACE)
    for name, (parameters, results, spelled) in _FUNCTIONS.items():
        found = exports.get(name)
        if not isinstance(found, FuncType) or found.params != parameters or found.results != results:
            raise ConfigError(f"the module does not export {spelled}", cure=_INTERFACE)


def _first_line(text: str) -> str:
    return text.strip().splitlines()[0] if text.strip() else "without a reason"
