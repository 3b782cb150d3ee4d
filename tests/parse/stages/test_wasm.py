"""The stage `wasm` in a pipeline: its fields, its failures, and the stages after it."""

from __future__ import annotations

import pytest

from prologue.model.errors import ConfigError
from prologue.parse.pipelines.document import Surroundings
from prologue.parse.pipelines.read import read_pipelines
from tests.parse.wasm.building import EXAMPLES, parser_of

HERE = Surroundings(folder=EXAMPLES)


def test_fields_and_what_comes_after(run):
    stages = "- wasm: rust/parser.wasm\n- severity: level\n- rename: {message: body}"
    good, bad = run(stages, "ERROR db: gone", "no such line", surroundings=HERE)
    assert good["attributes"] == {"level": "ERROR", "component": "db", "original_body": "ERROR db: gone"}
    assert (good["body"], good["level"]) == (b"gone", "error")
    assert bad["body"] == b"no such line"
    assert bad["attributes"] == {
        "__error__": "WasmParserErr",
        "__error_details__": "t, stage 1 (wasm): not `LEVEL component: message`",
    }


def test_of_a_field(run):
    [row] = run(
        "- logfmt\n- wasm: {module: rust/parser.wasm, source: msg}", 'msg="INFO a: b"', surroundings=HERE
    )
    assert row["attributes"]["component"] == "a"


def test_a_trap_costs_its_line_and_the_pipeline_goes_on(run, tmp_path):
    (tmp_path / "p.wasm").write_bytes(
        parser_of("if (line[0] == '!') __builtin_trap(); field(\"ok\", 2, line, size);", tmp_path)
    )
    stages = "- wasm: p.wasm\n- copy: {ok: again}"
    rows = run(stages, "one", "!", "three ü", surroundings=Surroundings(folder=tmp_path))
    assert [row["attributes"].get("again") for row in rows][:2] == ["one", None]
    assert rows[1]["attributes"]["__error_details__"] == "t, stage 1 (wasm): the module trapped: unreachable"
    assert rows[2]["attributes"] == {"ok": "three ü", "again": "three ü"}


def test_a_loop_is_ended(run, tmp_path):
    (tmp_path / "p.wasm").write_bytes(parser_of("for (volatile int i = 0;; i++) { }", tmp_path))
    stages = "- wasm: {module: p.wasm, fuel_per_byte: 1, seconds: 5}"
    [row] = run(stages, "one", surroundings=Surroundings(folder=tmp_path))
    assert "instructions" in row["attributes"]["__error_details__"]
    assert row["body"] == b"one"


def test_another_module_is_another_version(tmp_path):
    versions = []
    for name in ("rust", "assemblyscript"):
        (tmp_path / "p.wasm").write_bytes((EXAMPLES / name / "parser.wasm").read_bytes())
        [found] = read_pipelines("name: t\nstages: [wasm: p.wasm]", "t.yaml", Surroundings(folder=tmp_path))
        versions.append(found.version)
    assert versions[0] != versions[1]


REFUSED = {
    "no file": ("none.wasm", "there is no file"),
    "no module": ("c/pairs.c", "pairs.c: this is not a WebAssembly module"),
}


@pytest.mark.parametrize(("module", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(module, message):
    with pytest.raises(ConfigError, match=message) as caught:
        read_pipelines(f"name: t\nstages:\n  - wasm: {module}", "t.yaml", HERE)
    assert caught.value.message.startswith("t.yaml:3:")
    assert caught.value.cure
