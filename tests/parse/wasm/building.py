"""Compiling the examples of the documentation, and modules that misbehave, with clang."""

from __future__ import annotations

import subprocess
from pathlib import Path

EXAMPLES = Path(__file__).parents[3] / "docs" / "examples" / "parsers" / "wasm"

_CLANG = [
    *("clang", "--target=wasm32", "-O2", "-mbulk-memory", "-nostdlib", "-Wall", "-Wextra", "-Werror"),
    *("-Wl,--no-entry", "-Wl,--export=alloc", "-Wl,--export=parse"),
]


def compiled(source: Path, into: Path, *options: str) -> bytes:
    """The module that a C file makes, with the documentation's command."""
    subprocess.run([*_CLANG, *options, "-I", str(EXAMPLES / "c"), "-o", str(into), str(source)], check=True)
    return into.read_bytes()


def parser_of(body: str, directory: Path) -> bytes:
    """A module whose `parse_line(line, size)` has this body."""
    source = directory / "parser.c"
    source.write_text(
        '#include "prologue.h"\n'
        f"static void parse_line(const u8 *line, u32 size) {{ (void)line; (void)size; {body} }}\n"
    )
    return compiled(source, directory / "parser.wasm")


def raw(code: str, directory: Path, *options: str) -> bytes:
    """A module with functions of its own instead of the interface's header."""
    source = directory / "raw.c"
    source.write_text(code)
    return compiled(source, directory / "raw.wasm", *options)
