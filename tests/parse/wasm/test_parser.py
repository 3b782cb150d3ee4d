"""Real modules, compiled here: parsers that work, and parsers that do everything they should not."""

from __future__ import annotations

import subprocess
import threading
from pathlib import Path

import pyarrow as pa
import pytest
import wasmtime

from prologue.model.errors import ConfigError
from prologue.parse.wasm.limits import WasmLimits
from prologue.parse.wasm.parser import WasmParser
from tests.parse.wasm.building import EXAMPLES, compiled, parser_of, raw

SMALL = WasmLimits(
    memory_bytes=4 * 1024 * 1024, fuel=2_000_000, fuel_per_byte=1000, seconds=20, call_bytes=4096
)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory) -> bytes:
    return compiled(EXAMPLES / "c" / "pairs.c", tmp_path_factory.mktemp("wasm") / "pairs.wasm")


def fields(parsed):
    return [dict(row) for row in parsed.fields.to_pylist()]


def test_the_example_in_c(pairs):
    parsed = WasmParser(pairs).parse(pa.array(['a=1; b="x y"; c=', "nothing", "", "\xfc=\xe4"]))
    assert fields(parsed) == [
        {b"a": b"1", b"b": b"x y", b"c": b""},
        {b"__error__": b"no key=value"},
        {b"__error__": b"no key=value"},
        {"\xfc".encode(): "\xe4".encode()},
    ]
    assert parsed.errors.to_pylist() == [None] * 4


@pytest.mark.parametrize("kind", [pa.string(), pa.binary(), pa.large_string(), pa.large_binary()])
def test_kinds_of_arrays(pairs, kind):
    lines = pa.array([b"a=0", b"a=1", None, b"a=3", b"a=4"], pa.binary()).cast(kind)
    parsed = WasmParser(pairs).parse(lines[1:4])
    assert fields(parsed) == [{b"a": b"1"}, {b"__error__": b"no key=value"}, {b"a": b"3"}]


def test_no_lines(pairs):
    parsed = WasmParser(pairs).parse(pa.array([], pa.string()))
    assert (len(parsed.fields), len(parsed.errors)) == (0, 0)


def test_many_calls_keep_their_order(pairs):
    lines = [f"n={n}" for n in range(5000)] + ["long=" + "x" * 10_000] + ["last=1"]
    parsed = WasmParser(pairs, SMALL).parse(pa.array(lines))
    found = fields(parsed)
    assert [row[b"n"] for row in found[:5000]] == [str(n).encode() for n in range(5000)]
    assert (len(found[5000][b"long"]), found[5001]) == (10_000, {b"last": b"1"})


@pytest.mark.parametrize(
    ("example", "line", "expected"),
    [
        (
            "rust/parser.wasm",
            "WARN db: slow: 3 s",
            {b"level": b"WARN", b"component": b"db", b"message": b"slow: 3 s"},
        ),
        ("rust/parser.wasm", "no", {b"__error__": b"not `LEVEL component: message`"}),
        (
            "assemblyscript/parser.wasm",
            "2026-11-26,info,a,b",
            {b"date": b"2026-11-26", b"level": b"info", b"message": b"a,b"},
        ),
        ("assemblyscript/parser.wasm", "no", {b"__error__": b"not date,level,message"}),
    ],
)
def test_compiled_examples(example, line, expected):
    parser = WasmParser.load(EXAMPLES / example)
    assert fields(parser.parse(pa.array([line] * 3))) == [expected] * 3


def test_the_example_in_rust_builds(tmp_path):
    """With Debian's compiler, where it is installed with its WebAssembly target."""
    rustc = "/usr/bin/rustc"
    if not Path(rustc).exists() or not list(
        Path("/usr/lib/rustlib").glob("wasm32-unknown-unknown/lib/libcore*")
    ):
        pytest.skip("needs Debian's rustc and libstd-rust-dev-wasm32")
    built = tmp_path / "parser.wasm"
    target = ["--target", "wasm32-unknown-unknown", "--crate-type", "cdylib"]
    options = ["-O", "-C", "panic=abort", "-C", "strip=symbols"]
    subprocess.run(
        [rustc, *target, *options, "-o", str(built), str(EXAMPLES / "rust" / "lib.rs")], check=True
    )
    [found] = fields(WasmParser.load(built).parse(pa.array(["INFO a: b"])))
    assert found == {b"level": b"INFO", b"component": b"a", b"message": b"b"}


# What a module may do to us, and what its lines say then.
FAULTS = {
    "a trap": ("__builtin_trap();", "the module trapped: unreachable"),
    "a loop": ("for (volatile int i = 0;; i++);", "instructions"),
    "a read outside": (
        'field("a", 1, (const u8 *)0xFFFFFF00u, 1);',
        "the module trapped: memory out of bounds",
    ),
    "growth": ("for (;;) prologue_take(1 << 20);", "the module trapped: unreachable"),
    "a stack without end": (
        "if (size) { volatile u8 a[999]; a[0] = *line; parse_line(line, size + a[0]); }",
        "stack",
    ),
}


@pytest.mark.parametrize(("body", "reason"), FAULTS.values(), ids=FAULTS)
def test_a_module_that_fails_is_stopped(body, reason, tmp_path):
    guard = f"if (size && line[0] == '!') {{ {body} }} field(\"ok\", 2, line, size);"
    parser = WasmParser(parser_of(guard, tmp_path), SMALL)
    bad = parser.parse(pa.array(["!"]))
    assert reason in bad.errors[0].as_py()
    assert fields(bad) == [{}]
    good = parser.parse(pa.array(["fine"]))  # with a fresh instance
    assert (fields(good), good.errors.to_pylist()) == ([{b"ok": b"fine"}], [None])


def test_a_loop_without_fuel_left_to_count_is_ended_by_the_clock(tmp_path):
    endless = WasmLimits(fuel=2**62, seconds=0.05)
    parser = WasmParser(parser_of("for (volatile int i = 0;; i++) { }", tmp_path), endless)
    assert parser.parse(pa.array(["x"])).errors.to_pylist() == ["the module ran longer than 0.05 s"]


def test_one_bad_line_costs_no_other(tmp_path):
    code = parser_of("if (line[0] == '!') __builtin_trap(); field(\"ok\", 2, line, size);", tmp_path)
    lines = [f"line {n}" for n in range(1000)]
    lines[137] = lines[800] = "!"
    parsed = WasmParser(code, SMALL).parse(pa.array(lines))
    wrong = [n for n, reason in enumerate(parsed.errors.to_pylist()) if reason]
    assert wrong == [137, 800]
    assert [n for n, row in enumerate(fields(parsed)) if row == {}] == [137, 800]


def test_a_module_that_always_fails_is_not_asked_for_ever(tmp_path):
    code = raw(
        ALLOC
        + "unsigned long long parse(unsigned p, unsigned s) { for (volatile unsigned i = p + s;; i++); }",
        tmp_path,
    )
    parsed = WasmParser(code, SMALL).parse(pa.array(["x" * 3000] * 50))
    reasons = parsed.errors.to_pylist()
    assert sum("was stopped for this batch after 3 calls" in reason for reason in reasons) == 47
    assert len(reasons) == len(parsed.fields) == 50


def test_threads_share_a_parser(pairs):
    parser, wrong = WasmParser(pairs, SMALL), []

    def run(number):
        parsed = parser.parse(pa.array([f"n={number}"] * 3000))
        if any(row != {b"n": str(number).encode()} for row in fields(parsed)):
            wrong.append(number)

    threads = [threading.Thread(target=run, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


ALLOC = (
    "extern unsigned char __heap_base; unsigned alloc(unsigned s) { (void)s; return (unsigned)&__heap_base; }"
)
PARSE = "unsigned long long parse(unsigned p, unsigned s) { (void)p; (void)s; return %s; }"
LYING = {
    "an answer outside its memory": (ALLOC + PARSE % "~0ull", "gave an answer outside its memory"),
    "no answer": (ALLOC + PARSE % "0", "too short"),
    "no room": (
        "unsigned alloc(unsigned s) { (void)s; return 0; }" + PARSE % "0",
        "has no 13 bytes for a batch",
    ),
    "room outside": (
        "unsigned alloc(unsigned s) { (void)s; return 0xFFFFFFF0u; }" + PARSE % "0",
        "has no 13 bytes",
    ),
    "a crooked place": (
        "unsigned alloc(unsigned s) { (void)s; return 1025; }" + PARSE % "0",
        "no multiple of 4",
    ),
}


@pytest.mark.parametrize(("code", "reason"), LYING.values(), ids=LYING)
def test_a_module_that_lies(code, reason, tmp_path):
    parsed = WasmParser(raw(code, tmp_path), SMALL).parse(pa.array(["x"]))
    assert reason in parsed.errors[0].as_py()


def test_imports_are_refused(tmp_path):
    code = "int fd_write(int a); unsigned alloc(unsigned s) { return fd_write((int)s); }" + PARSE % "0"
    with pytest.raises(ConfigError, match=r"imports env\.fd_write, and a parser is given nothing"):
        WasmParser(raw(code, tmp_path, "-Wl,--allow-undefined"))


REFUSED = {
    "a text": (b"(module)", "not a WebAssembly module"),
    "half a module": (b"\0asm\1\0\0\0\1", "cannot be compiled"),
    "an empty module": (b"\0asm\1\0\0\0", "does not export its memory"),
    "a large file": (b"\0asm" + bytes(16 * 1024 * 1024), "more than 16777216"),
}


@pytest.mark.parametrize(("code", "reason"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_parser_is_refused(code, reason):
    with pytest.raises(ConfigError, match=reason) as caught:
        WasmParser(code)
    assert caught.value.cure


def test_other_functions_are_refused(tmp_path):
    code = "void alloc(void) {}" + PARSE % "0"
    with pytest.raises(ConfigError, match=r"does not export alloc\(i32\) -> i32"):
        WasmParser(raw(code, tmp_path))


def test_more_memory_than_allowed_at_the_start_is_refused(tmp_path):
    code = raw("volatile char big[8 << 20]; " + ALLOC + PARSE % "(unsigned long long)big[p]++", tmp_path)
    with pytest.raises(ConfigError, match="cannot be started"):
        WasmParser(code, SMALL)


def test_a_start_that_does_not_end_is_refused():
    code = wasmtime.wat2wasm("""(module (memory (export "memory") 1) (start $begin)
        (func $begin (loop (br 0)))
        (func (export "alloc") (param i32) (result i32) (i32.const 8))
        (func (export "parse") (param i32 i32) (result i64) (i64.const 0)))""")
    with pytest.raises(ConfigError, match="cannot be started: ran more than 2000000 instructions"):
        WasmParser(bytes(code), SMALL)


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(ConfigError, match="cannot read the module"):
        WasmParser.load(tmp_path / "none.wasm")
