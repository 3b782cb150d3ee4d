"""Runs one WebAssembly module under WASI: `python -m prologue.app.agent.wasi app.wasm ARGUMENTS`.

The module gets the arguments, the environment and the three standard streams, and nothing else: no files
and no network. Its exit status is ours; a trap is told on stderr and is status 134, as an abort is.

Next chapter: `prologue.app.agent.execute`, which starts this.
"""

from __future__ import annotations

import sys

import wasmtime

TRAPPED = 134


def main(arguments: list[str]) -> int:
    """Run the module `arguments[0]`; its exit status."""
    engine = wasmtime.Engine()
    config = wasmtime.WasiConfig()
    config.argv = arguments
    config.inherit_env()
    config.inherit_stdin()
    config.inherit_stdout()
    config.inherit_stderr()
    store = wasmtime.Store(engine)
    store.set_wasi(config)
    linker = wasmtime.Linker(engine)
    linker.define_wasi()
    try:
        module = wasmtime.Module.from_file(engine, arguments[0])
        start = linker.instantiate(store, module).exports(store).get("_start")
        if not isinstance(start, wasmtime.Func):
            print(
                f"{arguments[0]}: the module has no _start: it is a library, not a command", file=sys.stderr
            )
            return 126
        start(store)
    except wasmtime.ExitTrap as ended:
        return ended.code
    except wasmtime.WasmtimeError as error:
        print(f"{arguments[0]}: {error}", file=sys.stderr)
        return 126
    except wasmtime.Trap as trap:
        print(f"{arguments[0]}: {trap}", file=sys.stderr)
        return TRAPPED
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
