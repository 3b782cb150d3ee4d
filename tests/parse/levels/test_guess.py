"""What `levels.c` says of a line is what the engine says, or that it is not sure."""

from __future__ import annotations

import hashlib
import random
import subprocess
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest.mock import Mock

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from wasmtime import WasmtimeError

from prologue.model.arrow_stream import arrow_pieces
from prologue.parse.levels import guess as module
from prologue.parse.levels.guess import SPELLED, UNDECIDED, guess
from prologue.parse.levels.sql import level_of_body
from prologue.parse.levels.words import ALONE, ALONE_IN_CAPITALS, MEANINGS
from prologue.store.engine import Source
from tests.parse.test_finish import LINES

WORDS = sorted(MEANINGS)
FRAGMENTS = [
    *WORDS,
    *(word.upper() for word in WORDS),
    *(word.title() for word in WORDS),
    *ALONE,
    *ALONE_IN_CAPITALS,
    *("level", "Level", "LEVEL", "lvl", "LVL", "severity", "Severity", "loglevel", "log_level", "LOG_level"),
    *("detected_level", "levels", "xlevel", "log__level", "elvl", '"@l', '"@L', "@l", "ve", "v", "V"),
    *(
        "=",
        ":",
        '"',
        "'",
        " ",
        "  ",
        "\t",
        "\n",
        "\r",
        "\f",
        "\v",
        "[",
        "]",
        "(",
        ")",
        "<",
        ">",
        "|",
        "/",
        ",",
    ),
    *("10", "30", "60", "70", "30x", "30_", "5", "0", "_", ".", "-", "{", "}", "\\", "\0"),
    *("\x1b", "\x1b[", "\x1b[32m", "\x1b[1;31m", "\x1b[m", "\x1b[32", "m", ";"),
    *("I1123 13:45:23.419447 1 main.go:164] ", "E11231123 13:45:23", "W112311 13:45:23", "D1", 'D1",', 'I",'),
    *(
        "I, [2026",
        "F, [",
        "I112 13:45:23",
        '{"t":{"$date":"2026"},"s":"I",',
        '{"t":{"$date":"2026"},  "s": "E",',
    ),
    *(
        " [Note] ",
        "Note: ",
        "System: ",
        " [System] ",
        "dbug: ",
        "trce: ",
        " [fail: ",
        "fail: ",
        "fail:x",
        "[Note] ",
    ),
    *("<13>", "<0>", "<191>", "<1234>", "<", "<9", "<300>"),
    *("ſ", "ſeverity=info", "ſevere", "K", "level=infoK", "level=ſ", "信息", "é", "ok", "hello world", "x"),
    "2026-11-26T10:00:00Z ",
]


def said(engine: Any, lines: list[bytes]) -> list[str]:
    """The engine's answers."""
    table = pa.table({"n": pa.array(range(len(lines))), "body": pa.array(lines, pa.binary())})
    source = Source("ArrowStream", "n Int64, body String", arrow_pieces(table))
    engine.command("CREATE OR REPLACE TABLE bodies (n Int64, body String) ENGINE = Memory")
    engine.insert_select("bodies", "SELECT n, body FROM {source}", source)
    found = engine.arrow(
        f"SELECT {level_of_body()} AS level FROM bodies ORDER BY n",
        settings={"short_circuit_function_evaluation": "enable"},
    )
    return [str(level) for level in found["level"].to_pylist()]


def differences(engine: Any, lines: list[bytes]) -> list[tuple[bytes, str, str]]:
    codes = guess(pa.array(lines, pa.large_binary()))
    pairs = zip(lines, said(engine, lines), codes.tolist(), strict=True)
    return [
        (line, level, SPELLED[code])
        for line, level, code in pairs
        if code not in {UNDECIDED, SPELLED.index(level)}
    ]


def levels(lines: pa.Array[Any]) -> list[str]:
    return [SPELLED[code] for code in guess(lines).tolist()]


@pytest.mark.parametrize("seed", range(4))
def test_lines_of_the_parts_that_matter(engine, seed):
    draw = random.Random(seed)
    lines = ["".join(draw.choices(FRAGMENTS, k=draw.randint(0, 9))).encode() for _ in range(20_000)]
    assert differences(engine, lines)[:10] == []
    counted = Counter(guess(pa.array(lines, pa.large_binary())).tolist())
    assert counted[UNDECIDED] < len(lines) * 0.1
    assert all(counted[code] > 50 for code in range(len(SPELLED))), counted


def test_lines_longer_than_what_is_looked_at(engine):
    draw = random.Random(7)
    lines = [
        b"x" * draw.randint(230, 262)
        + "".join(draw.choices(FRAGMENTS, k=4)).encode()
        + draw.choice([b"", b"\n", b"\r\n" * 300])
        for _ in range(20_000)
    ]
    assert differences(engine, lines)[:10] == []


_PARTS = st.one_of(st.sampled_from(FRAGMENTS).map(str.encode), st.binary(max_size=3))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(st.lists(st.lists(_PARTS, max_size=8).map(b"".join)))
def test_any_bytes(engine, lines):
    assert differences(engine, lines) == []


def test_what_programs_write():
    codes = guess(pa.array([line.encode() for _, _, line in LINES], pa.large_binary()))
    wrong = {
        program: SPELLED[code]
        for (program, level, _), code in zip(LINES, codes.tolist(), strict=True)
        if code not in {UNDECIDED, SPELLED.index(level)}
    }
    assert wrong == {}


@pytest.mark.parametrize("kind", [pa.string(), pa.binary(), pa.large_string(), pa.large_binary()])
def test_any_kind_of_array_and_a_part_of_one(kind):
    lines = pa.array(["level=info", "", "ERROR x", "level=warn"], kind)
    assert levels(lines) == ["info", "unknown", "error", "warn"]
    assert levels(lines[2:]) == ["error", "warn"]
    assert levels(lines[:0]) == []
    assert levels(pa.array([], kind)) == []
    assert levels(pa.array(["", ""], kind)) == ["unknown", "unknown"]


def test_more_lines_and_more_bytes_than_one_call_takes():
    assert guess(pa.array(["WARN x"] * 70_000 + [""] * 70_000)).tolist() == [4] * 70_000 + [8] * 70_000
    large = [
        b"ERROR " + b"x" * 700_000,
        b"INFO " + b"y" * 500_000,
        b"level=debug" + b"z" * (2 << 20),
        b"FATAL",
    ]
    assert levels(pa.array(large, pa.large_binary())) == ["error", "info", "", "fatal"]


def test_threads_do_not_meet():
    words = ("info", "warn", "error", "debug")
    lines = [pa.array([f"level={word} {n}" for n in range(5000)]) for word in words]
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(levels, lines * 5))
    assert [set(each) for each in found] == [{word} for word in words] * 5


@pytest.fixture
def anew(monkeypatch):
    """The module is loaded again, and again after the test."""
    module._module.cache_clear()
    monkeypatch.setattr(module, "_LOCAL", threading.local())
    yield
    module._module.cache_clear()


def test_a_machine_that_cannot_run_the_module_leaves_levels_to_the_engine(anew, monkeypatch, caplog):
    monkeypatch.setattr(module, "Module", Mock(side_effect=WasmtimeError("no SIMD here")))
    assert levels(pa.array(["level=info", "x"])) == ["", ""]
    assert "no SIMD here" in caplog.text


def test_a_module_that_traps_costs_no_batch(anew, monkeypatch, caplog):
    monkeypatch.setattr(module._Guesser, "guess", Mock(side_effect=WasmtimeError("unreachable")))
    assert levels(pa.array(["level=info", "x"])) == ["", ""]
    assert "levels of 2 lines are left to the engine: unreachable" in caplog.text
    monkeypatch.undo()
    assert levels(pa.array(["level=info"])) == ["info"]


def test_the_module_that_is_shipped_is_made_of_this_source():
    source = (Path(module.__file__).parent / "levels.c").read_bytes()
    assert module.source() == int(hashlib.sha256(source).hexdigest()[:8], 16), "run `make levels`"


def test_the_source_compiles(tmp_path):
    made = tmp_path / "levels.wasm"
    subprocess.run(["bash", "tools/levels.sh", str(made)], check=True, cwd=Path(__file__).parents[3])
    assert made.read_bytes().startswith(b"\0asm")
