"""`prologue parse`, run as people run it."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

PIPELINE = """\
name: web
match: '{service_name="web"}'
stages:
  - pattern: '<method> <path>'
  - drop: 'path="/healthz"'
"""


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    (folder / "web.yaml").write_text(PIPELINE)
    (folder / "web.log").write_text("GET /a\nGET /healthz\nodd\n")
    command = [sys.executable, "-m", "prologue", "parse", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)


def test_test_shows_before_and_after(tmp_path: Path) -> None:
    done = run(tmp_path, "test", "web.yaml", "web.log", "--label", "service_name=web", "-o", "json")
    assert done.returncode == 1, done.stderr  # a line failed
    shown = json.loads(done.stdout)
    assert [row["body"] for row in shown["before"]] == ["GET /a", "GET /healthz", "odd"]
    assert [row["attributes"].get("path") for row in shown["after"]] == ["/a", None]
    assert shown["pipelines"] == [{"name": "web", "lines": 3, "dropped": 1, "failed": 1}]
    table = run(tmp_path, "test", "web.yaml", "web.log", "--no-match")
    assert "__error__" in table.stdout
    assert "web: 3 lines, 1 dropped, 1 failed" in table.stdout
    nothing = run(tmp_path, "test", "web.yaml", "web.log")
    assert (nothing.returncode, "no pipeline matches" in nothing.stdout) == (0, True)


def test_explain_prints_sql_and_its_values_apart(tmp_path: Path) -> None:
    done = run(tmp_path, "explain", "web.yaml")
    assert done.returncode == 0, done.stderr
    sql = "\n".join(line for line in done.stdout.splitlines() if not line.startswith("--"))
    assert "healthz" not in sql
    assert "= '/healthz'" in done.stdout


def test_bench_tells_a_rate(tmp_path: Path) -> None:
    done = run(tmp_path, "bench", "web.yaml", "web.log", "--no-match", "--size", "1", "--rounds", "1")
    assert done.returncode == 0, done.stderr
    assert "MB/s per core" in done.stdout


@pytest.mark.parametrize(
    ("text", "place"),
    [("name: a\nstages:\n  - regex: '(?P<a>'\n", "bad.yaml:3:12"), ("name: [a\n", "bad.yaml:2:")],
)
def test_a_wrong_pipeline_is_refused_with_its_place(tmp_path: Path, text: str, place: str) -> None:
    (tmp_path / "bad.yaml").write_text(text)
    done = run(tmp_path, "test", "bad.yaml", "web.log")
    assert done.returncode == 2
    assert place in done.stderr


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            "name: a\nstages:\n- severity: {sorce: lvl}",
            ":3:21: severity: there is no option sorce; did you mean source?",
        ),
        ("stages: [json]", ":1:1: pipeline: name is missing; write `name: ...`"),
        ("name: a\nstages:\n\t- json", "not indented with tabs"),
    ],
)
def test_a_slip_is_told_with_its_cure(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "slip.yaml").write_text(text)
    done = run(tmp_path, "test", "slip.yaml", "web.log")
    assert done.returncode == 2
    assert told in done.stderr


def test_lines_that_were_joined_are_not_called_dropped(tmp_path: Path) -> None:
    (tmp_path / "join.yaml").write_text("name: a\nstages:\n- multiline: '^GET'\n")
    done = run(tmp_path, "test", "join.yaml", "web.log")
    assert "a: 3 lines, 1 joined to others or dropped\n" in done.stdout
