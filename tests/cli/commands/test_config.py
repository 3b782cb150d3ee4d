"""`prologue config`: the settings in effect, and judging a file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run


def test_show_says_where_each_value_came_from(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text("store:\n  retention_days: 7\n")
    done = run("config", "show", "--config", str(file), "--listen", ":1", PROLOGUE_LOG__LEVEL="debug")
    assert done.returncode == 0
    rows = {row[0]: row[1:] for row in (line.split() for line in done.stdout.splitlines())}
    assert rows["http.listen"] == [":1", "flag", "--listen"]
    assert rows["log.level"] == ["debug", "env", "PROLOGUE_LOG__LEVEL"]
    assert rows["store.retention_days"] == ["7", "file", f"{file}:2:19"]
    assert rows["data_dir"] == ["data", "default"]


def test_show_as_json(run: Run) -> None:
    settings = json.loads(run("config", "show", "-o", "json", PROLOGUE_DATA_DIR="/x").stdout)
    assert settings["data_dir"] == {"value": "/x", "from": "env", "place": "PROLOGUE_DATA_DIR"}


def test_check_judges_only_the_file(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text("log: {level: debug, format: json}\n")
    done = run("config", "check", str(file), PROLOGUE_LOG__LEVEL="nonsense")
    assert (done.returncode, done.stdout) == (0, f"{file}: 2 settings, all good\n")


def test_a_wrong_file_is_code_2_with_the_place(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text("log: {lvel: debug}\n")
    done = run("config", "check", str(file))
    assert done.returncode == 2
    assert done.stderr == f"prologue: {file}:1:7: there is no setting log.lvel; did you mean log.level?\n"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("syslog: {time_zone: Mars/X}", ":1:21: syslog.time_zone has 'Mars/X', which is no time zone;"),
        (
            "syslog: {tls_listen: 127.0.0.1:6514}",
            ":1:22: syslog.tls_listen is set and there is no certificate;",
        ),
        ("kafka: {brokers: b, topics: {a: jsn}}", ":1:29: kafka.topics says of 'a' that it holds 'jsn';"),
        (
            "collect: {multiline: {/a.log: jva}}",
            "collect.multiline says of '/a.log' 'jva', which is no rule;",
        ),
        ("http: {tls_cert: /no, tls_key: /no}", "/no and /no cannot be used"),
        ("parsers: {ready_exclude: [jango]}", "jango, which is no format; did you mean django?"),
        (
            "parsers: {pipelines: [{name: a, stages: [route: {retention: audi}]}]}",
            ":1:42: route: store.retention has no class audi; correct the name, or",
        ),
    ],
)
def test_check_finds_what_the_start_would_refuse(run: Run, tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "p.yaml"
    file.write_text(text)
    done = run("config", "check", str(file))
    assert done.returncode == 2
    assert told in done.stderr


def test_a_tab_is_told_as_such(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "p.yaml"
    file.write_text("http:\n\tlisten: 127.0.0.1:1\n")
    done = run("config", "check", str(file))
    assert f"{file}:2:1: " in done.stderr
    assert "not indented with tabs" in done.stderr
