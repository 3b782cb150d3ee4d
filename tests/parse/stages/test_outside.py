# ruff: noqa: E501  (programs in texts)
"""Stages outside the engine: lookups and Python, and what becomes of one that breaks its contract."""

from __future__ import annotations

from pathlib import Path

import pytest

from prologue.model.errors import ConfigError
from prologue.parse.pipelines.document import Surroundings
from tests.parse.stages.conftest import Run

USERS = 'id,name,team\n7,"Ann, Lee",core\n8,Bo,\n'


@pytest.fixture
def here(tmp_path: Path) -> Surroundings:
    (tmp_path / "users.csv").write_text(USERS)
    return Surroundings(folder=tmp_path, allow_python=True)


def test_lookup_in_a_csv(run: Run, here: Surroundings) -> None:
    stages = "- logfmt\n- lookup: {source: id, file: users.csv}\n- rename: {name: who}"
    rows = run(stages, "id=7 a=1", "id=8", "id=9", "other=1", surroundings=here)
    assert [row["attributes"] for row in rows] == [
        {"id": "7", "a": "1", "who": "Ann, Lee", "team": "core"},
        {"id": "8", "who": "Bo"},
        {"id": "9"},
        {"other": "1"},
    ]
    stages = "- logfmt\n- lookup: {source: id, file: users.csv, fields: {user: name}, default: nobody, when: 'id != \"9\"'}"
    rows = run(stages, "id=7", "id=6", "id=9", "x=1", surroundings=here)
    assert [row["attributes"].get("user") for row in rows] == ["Ann, Lee", "nobody", None, None]


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ("file: none.csv", "there is no file"),
        ("file: users.csv, fields: [x]", "there is no column x"),
        ("file: users.csv, key: x", "there is no column x"),
        ("file: twice.csv", "holds a value twice"),
        ("file: bad.csv", "no CSV"),
        ("file: bad.csv, type: mmdb, fields: [a]", "no MMDB"),
    ],
)
def test_lookup_refuses(run: Run, here: Surroundings, options: str, says: str) -> None:
    assert here.folder
    (here.folder / "twice.csv").write_text("a,b\n1,2\n1,3\n")
    (here.folder / "bad.csv").write_text("a,b\n1\n")
    with pytest.raises(ConfigError, match=says):
        run(f"- lookup: {{source: id, {options}}}", "x", surroundings=here)


def test_files_of_a_client_are_refused(run: Run) -> None:
    with pytest.raises(ConfigError, match="files cannot be named here"):
        run("- lookup: {source: id, file: /etc/passwd}", "x")


def test_a_new_file_is_a_new_version(run: Run, here: Surroundings) -> None:
    from prologue.parse.pipelines.read import read_pipelines

    text = "name: a\nstages:\n- lookup: {source: id, file: users.csv}"
    (before,) = read_pipelines(text, "a", here)
    assert here.folder
    (here.folder / "users.csv").write_text("id,name\n7,Cy\n")
    (after,) = read_pipelines(text, "a", here)
    assert before.version != after.version


def python(here: Surroundings, body: str) -> str:
    assert here.folder
    (here.folder / "p.py").write_text(
        f"import pyarrow as pa\nimport pyarrow.compute as pc\ndef parse(lines):\n{body}"
    )
    return "- regex: {pattern: 'n=(?P<n>[0-9]+)', on_error: continue}\n- python: p.py\n- copy: {n: after}"


def test_python(run: Run, here: Surroundings) -> None:
    stages = python(
        here,
        "    body = lines['body'].cast(pa.large_string())\n"
        "    words = pc.utf8_upper(body)\n"
        "    found = pa.array([[('length', str(len(b)))] for b in body.to_pylist()], pa.map_(pa.string(), pa.string()))\n"
        "    return pa.table({'body': words, 'attributes': found, 'severity_text': pa.array(['error', None, None]),\n"
        "                     'timestamp': pa.array([1795000000000000000, None, None]),\n"
        "                     'drop': pa.array([False, False, True]), 'error': pa.array([None, 'no', None])})\n",
    )
    first, second = run(stages, "n=1 a", "n=2 b", "n=3 c", surroundings=here)
    assert (first["body"], first["level"], first["time"]) == (
        b"N=1 A",
        "error",
        "2026-11-18T11:06:40.000000000Z",
    )
    assert first["attributes"] == {"n": "1", "length": "5", "after": "1", "original_body": "n=1 a"}
    assert second["body"] == b"n=2 b"
    assert second["attributes"] == {
        "n": "2",
        "__error__": "PythonParserErr",
        "__error_details__": "t, stage 2 (python): no",
    }


BROKEN = [
    ("    raise RuntimeError('boom')", "RuntimeError: boom"),
    ("    return lines.slice(1)", "rows for"),
    ("    return 7", "not an Arrow table"),
    ("    return lines.append_column('x', lines['body'])", "column labels"),
    ("    return pa.table({'timestamp': pa.array(['x'] * len(lines))})", "ArrowInvalid"),
]


@pytest.mark.parametrize(("body", "says"), BROKEN)
def test_a_broken_python_stage_keeps_the_lines(run: Run, here: Surroundings, body: str, says: str) -> None:
    rows = run(python(here, body), "n=1", "n=2", surroundings=here)
    assert [row["body"] for row in rows] == [b"n=1", b"n=2"]
    for row in rows:
        assert row["attributes"]["__error__"] == "PythonParserErr"
        assert says in row["attributes"]["__error_details__"]
        assert "after" not in row["attributes"]


def test_python_is_opt_in(run: Run, here: Surroundings) -> None:
    with pytest.raises(ConfigError, match="Python is not allowed"):
        run("- python: p.py", "x", surroundings=Surroundings(folder=here.folder))


def test_when_and_failed_lines_do_not_reach_it(run: Run, here: Surroundings) -> None:
    assert here.folder
    (here.folder / "p.py").write_text(
        "import pyarrow as pa\ndef parse(lines):\n"
        "    return pa.table({'attributes': pa.array([[('seen', str(len(lines)))]] * len(lines), "
        "pa.map_(pa.string(), pa.string()))})\n"
    )
    stages = "- logfmt\n- python: {file: p.py, when: 'a != \"2\"'}\n- redact: {patterns: {one: 'x1'}}"
    rows = run(stages, "a=1 b=x1", "a=2", "word x1", "a=3", surroundings=here)
    assert [row["attributes"].get("seen") for row in rows] == ["2", None, None, "2"]
    assert rows[2]["body"] == b"word <one>"
    assert rows[2]["attributes"]["__error__"] == "LogfmtParserErr"


def mmdb() -> bytes:
    """A database of one network, 10.0.0.0/8: `{"country": {"iso_code": "CN"}, "tags": ["a"]}`.

    Source: MaxMind DB File Format Specification, version 2.0.
    """

    def text(value: str) -> bytes:
        return bytes([0b010_00000 | len(value)]) + value.encode()

    def table(**entries: bytes) -> bytes:
        return bytes([0b111_00000 | len(entries)]) + b"".join(text(k) + v for k, v in entries.items())

    def number(kind: int, value: int) -> bytes:
        return (
            bytes([kind << 5 | 4]) + value.to_bytes(4, "big")
            if kind == 6
            else bytes([kind << 5 | 2]) + value.to_bytes(2, "big")
        )

    entry = table(country=table(iso_code=text("CN")), tags=bytes([0b000_00001, 4]) + text("a"))
    bits, nodes = f"{10:08b}", b""
    for depth, bit in enumerate(bits):
        following = depth + 1 if depth < 7 else 8 + 16
        record = [8, 8]
        record[int(bit)] = following
        nodes += b"".join(part.to_bytes(3, "big") for part in record)
    epoch = bytes([0b000_00001, 2]) + b"\x01"
    about = table(
        binary_format_major_version=number(5, 2), binary_format_minor_version=number(5, 0), build_epoch=epoch,
        database_type=text("Test"), description=table(), languages=bytes([0b000_00000, 4]), ip_version=number(5, 4), node_count=number(6, 8), record_size=number(5, 24),
    )  # fmt: skip
    return nodes + bytes(16) + entry + b"\xab\xcd\xefMaxMind.com" + about


def test_lookup_in_a_database_of_networks(run: Run, here: Surroundings) -> None:
    assert here.folder
    (here.folder / "net.mmdb").write_bytes(mmdb())
    stages = "- logfmt\n- lookup: {source: ip, file: net.mmdb, fields: {land: country.iso_code, tag: tags.0, none: x.y}}"
    rows = run(stages, "ip=10.1.2.3", "ip=11.1.2.3", "ip=no", "ip=::1", "a=1", surroundings=here)
    assert [row["attributes"].get("land") for row in rows] == ["CN", None, None, None, None]
    assert rows[0]["attributes"] == {"ip": "10.1.2.3", "land": "CN", "tag": "a"}
