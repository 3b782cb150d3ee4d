"""`prologue sql` against a real server, in every form."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.cli.conftest import Run
from tests.support.server import ServerProcess

QUERY = (
    "SELECT timestamp, line, labels, toUInt32(extract(line, '[0-9]+')) AS took FROM logs "
    "WHERE service_name = {s:String} ORDER BY took"
)
TIME = "2026-11-23T12:00:00.000000001Z"


@pytest.fixture(scope="module")
def server(prologue_server: ServerProcess) -> ServerProcess:
    prologue_server.push(
        {"_msg": f"took {n}, \x07bell", "_time": TIME, "service_name": "cli-sql"} for n in range(3)
    )
    return prologue_server


def test_table(run: Run, server: ServerProcess):
    done = run("sql", QUERY, "-p", "s=cli-sql", "--utc", "--url", server.url)
    assert done.returncode == 0, done.stderr
    head, first, *_ = done.stdout.splitlines()
    assert head.split() == ["timestamp", "line", "labels", "took"]
    assert first.startswith("2026-11-23 12:00:00.000")
    assert "\x07" not in done.stdout
    assert first.endswith("0")


def test_jsonl(run: Run, server: ServerProcess):
    done = run("sql", QUERY, "-p", "s=cli-sql", "-o", "jsonl", "--url", server.url)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["took"] for row in rows] == [0, 1, 2]
    assert rows[0] == {
        "timestamp": TIME,
        "line": "took 0, \x07bell",
        "labels": {"service_name": "cli-sql"},
        "took": 0,
    }


def test_csv_into_a_file(run: Run, server: ServerProcess, tmp_path: Path):
    path = tmp_path / "out.csv"
    done = run("sql", QUERY, "-p", "s=cli-sql", "-o", "csv", "--file", str(path), "--url", server.url)
    assert (done.returncode, done.stdout) == (0, "")
    head, first, *_ = path.read_text().splitlines()
    assert head == "timestamp,line,labels,took"
    assert first == f'{TIME},"took 0, \x07bell","{{""service_name"":""cli-sql""}}",0'


def test_parquet_and_arrow(run: Run, server: ServerProcess, tmp_path: Path):
    for output, read in (("parquet", pq.read_table), ("arrow", lambda p: pa.ipc.open_stream(p).read_all())):
        path = tmp_path / output
        asked = ["sql", QUERY, "-p", "s=cli-sql", "-o", output, "--file", str(path), "--url", server.url]
        assert run(*asked).returncode == 0
        table = read(io.BytesIO(path.read_bytes()))
        assert table["took"].to_pylist() == [0, 1, 2]
        assert table.schema.field("timestamp").type == pa.timestamp("ns", "UTC")


def test_time_and_limit(run: Run, server: ServerProcess):
    ask = [
        "sql",
        "SELECT count() AS n FROM logs WHERE service_name = 'cli-sql'",
        "-o",
        "csv",
        "--url",
        server.url,
    ]
    assert run(*ask).stdout == "n\n3\n"
    assert run(*ask, "--from", "2026-11-23T12:00:01Z").stdout == "n\n0\n"
    assert run(*ask, "--to", "2026-11-23T12:00:00Z").stdout == "n\n0\n"
    done = run("sql", "SELECT number FROM numbers(9)", "--limit", "2", "-o", "csv", "--url", server.url)
    assert done.stdout == "number\n0\n1\n"


def test_a_refusal_points_at_its_place(run: Run, server: ServerProcess):
    done = run("sql", "SELECT * FROM system.tables", "--url", server.url)
    assert done.returncode == 2
    assert "there is no table 'system.tables' here" in done.stderr
    assert done.stderr.splitlines()[-1].endswith(" " * 21 + "^")


def test_no_rows_are_said(run: Run, server: ServerProcess):
    done = run("sql", "SELECT line FROM logs WHERE 0", "-o", "csv", "--url", server.url)
    assert (done.stdout, done.stderr) == ("line\n", "the answer has no rows\n")


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["-p", "s"], "is not NAME=VALUE"),
        (["--file", "/nowhere/x.csv", "-o", "csv"], "cannot be written"),
        (["--since", "soon"], "--since"),
    ],
    ids=["parameter", "file", "since"],
)
def test_wrong_options(run: Run, server: ServerProcess, options: list[str], told: str):
    done = run("sql", "SELECT 1 AS x", *options, "--url", server.url)
    assert done.returncode == 2
    assert told in done.stderr
