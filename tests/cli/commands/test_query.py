"""`prologue query` against a server that answers as scripted, and against a real one."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.cli.conftest import Run
from tests.client.scripted import Scripted
from tests.support.server import ServerProcess

RANGE, INSTANT = "/loki/api/v1/query_range", "/loki/api/v1/query"
AT = 1_795_442_707_123_456_789
STREAMS: dict[str, Any] = {
    "data": {
        "resultType": "streams",
        "result": [
            {"stream": {"app": "a", "detected_level": "error"}, "values": [[str(AT), "boom"]]},
            {"stream": {"app": "a", "detected_level": "info"}, "values": [[str(AT + 10**6), "fine"]]},
        ],
    }
}
MATRIX: dict[str, Any] = {
    "data": {"resultType": "matrix", "result": [{"metric": {"app": "a"}, "values": [[1, "1"], [2, "8"]]}]}
}
VECTOR: dict[str, Any] = {
    "data": {"resultType": "vector", "result": [{"metric": {"app": "a"}, "value": [1, "2"]}]}
}
EMPTY: dict[str, Any] = {"data": {"resultType": "streams", "result": []}}


def test_lines_newest_first(run: Run, server: Scripted) -> None:
    server.answer(RANGE, STREAMS)
    done = run("query", '{app="a"}', "--url", server.url)
    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "2026-11-23 14:05:07.124 info     fine",
        "2026-11-23 14:05:07.123 error    boom",
    ]
    assert done.stderr == 'labels of every line: {app="a"}\n'


def test_the_environment_names_server_and_tenant(run: Run, server: Scripted) -> None:
    server.answer(RANGE, STREAMS)
    assert run("query", "{}", PROLOGUE_URL=server.url, PROLOGUE_TENANT="acme").returncode == 0
    assert server.heard[0].headers["x-scope-orgid"] == "acme"


def test_what_is_asked(run: Run, server: Scripted) -> None:
    server.answer(RANGE, STREAMS)
    options = ["--from", "1000", "--to", "2000", "--step", "1m", "--limit", "7", "--direction", "forward"]
    done = run("query", "{}", "--url", server.url, *options, "-o", "raw")
    assert done.stdout == "boom\nfine\n"
    assert {name: values[0] for name, values in server.heard[0].form.items()} == {
        "query": "{}",
        "start": "1000000000000",
        "end": "2000000000000",
        "step": "60.0",
        "limit": "7",
        "direction": "forward",
    }


def test_since_is_a_range_that_ends_now(run: Run, server: Scripted) -> None:
    server.answer(RANGE, EMPTY)
    run("query", "{}", "--url", server.url, "--since", "15m")
    form = server.heard[0].form
    assert int(form["end"][0]) - int(form["start"][0]) == 900 * 10**9


def test_one_time(run: Run, server: Scripted) -> None:
    server.answer(INSTANT, VECTOR)
    done = run("query", "sum(x)", "--at", "1000", "--url", server.url, "-o", "csv")
    assert done.stdout == "timestamp,app,value\n1970-01-01T00:00:01.000000000Z,a,2\n"
    assert server.heard[0].form["time"] == ["1000000000000"]


OUTPUTS = {
    "lines, jsonl": (STREAMS, "jsonl", '{"timestamp":"2026-11-23T14:05:07.124456789Z","line":"fine"'),
    "lines, csv": (STREAMS, "csv", "timestamp,app,detected_level,line"),
    "lines, table": (STREAMS, "table", "time                     level  app  line"),
    "samples": (MATRIX, "pretty", "series     trend  min  max  last"),
    "samples, table": (MATRIX, "table", "time                     series     value"),
    "samples, jsonl": (MATRIX, "jsonl", '{"timestamp":"1970-01-01T00:00:01.000000000Z","value":1.0'),
}


@pytest.mark.parametrize(("answer", "output", "first"), OUTPUTS.values(), ids=OUTPUTS)
def test_outputs(run: Run, server: Scripted, answer: dict[str, Any], output: str, first: str) -> None:
    server.answer(RANGE, answer)
    done = run("query", "{}", "--url", server.url, "-o", output)
    assert done.returncode == 0
    assert done.stdout.splitlines()[0].rstrip().startswith(first)


def test_colours_only_where_they_are_wanted(run: Run, server: Scripted) -> None:
    server.answer(RANGE, STREAMS)
    assert "\x1b[" not in run("query", "{}", "--url", server.url).stdout
    coloured = run("query", "{}", "--url", server.url, "--color", "always")
    assert "\x1b[31merror" in coloured.stdout
    assert "\x1b[" not in run("query", "{}", "--url", server.url, NO_COLOR="1", FORCE_COLOR="1").stdout


def test_a_query_error_points_at_its_place(run: Run, server: Scripted) -> None:
    query = '{app="a"} |='
    body = {
        "error": "a line filter needs a string",
        "code": "bad_query",
        "cure": "write |= `text`",
        "position": {"line": 1, "column": 13, "offset": 12},
    }
    server.answer(RANGE, body, 400)
    done = run("query", query, "--url", server.url)
    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.splitlines() == [
        "prologue: a line filter needs a string; write |= `text`",
        f"  {query}",
        "  " + " " * 12 + "^",
    ]


def test_an_empty_answer_says_so(run: Run, server: Scripted) -> None:
    server.answer(RANGE, EMPTY)
    done = run("query", "{}", "--from", "1000", "--to", "2000", "--url", server.url)
    assert (done.returncode, done.stdout) == (0, "")
    assert "nothing matches from 1970-01-01 00:16:40.000 to 1970-01-01 00:33:20.000" in done.stderr


def test_a_cut_answer_says_so(run: Run, server: Scripted) -> None:
    server.answer(RANGE, STREAMS)
    assert "the newest 2; there may be more" in run("query", "{}", "--limit", "2", "--url", server.url).stderr
    assert "there may be more" not in run("query", "{}", "--url", server.url).stderr


REFUSED = {
    "two kinds of time": (["--at", "1h", "--since", "1h"], "--at asks at one time"),
    "two starts": (["--from", "1h", "--since", "1h"], "give one of them"),
    "no time": (["--from", "soon"], "'soon' is not a time"),
    "no age": (["--since", "soon"], "--since: 'soon' is not a duration"),
    "no step": (["--step", "0"], "--step is zero"),
    "no limit": (["--limit", "0"], "0 is not in the range"),
    "no server": (["--url", "ftp://x"], "not the address of a server"),
    "raw numbers": (["-o", "raw"], "-o raw prints log lines"),
}


@pytest.mark.parametrize(("options", "said"), REFUSED.values(), ids=REFUSED)
def test_wrong_input_is_code_2(run: Run, server: Scripted, options: list[str], said: str) -> None:
    server.answer(RANGE, MATRIX)
    done = run("query", "{}", "--url", server.url, *options)
    assert done.returncode == 2
    assert said in done.stderr


def test_nobody_there_is_code_1(run: Run) -> None:
    # Port 1 (tcpmux) is reserved and privileged: nothing of a test machine listens there.
    done = run("query", "{}", "--url", "http://127.0.0.1:1")
    assert done.returncode == 1
    assert "cannot reach http://127.0.0.1:1" in done.stderr
    assert "prologue up" in done.stderr


def test_lines_are_json_even_when_they_hold_control_characters(run: Run, server: Scripted) -> None:
    result = [{"stream": {}, "values": [[str(AT), "\x1b[2J\x07"]]}]
    server.answer(RANGE, {"data": {"resultType": "streams", "result": result}})
    assert json.loads(run("query", "{}", "--url", server.url, "-o", "jsonl").stdout)["line"] == "\x1b[2J\x07"
    assert "\\x1b[2J\\x07" in run("query", "{}", "--url", server.url).stdout


def test_a_real_server(run: Run, prologue_server: ServerProcess) -> None:
    now = time.time_ns()
    prologue_server.push(
        {"_time": str(now - i * 10**9), "_msg": f"line {i} level=error", "service_name": "cli-query"}
        for i in range(1, 6)
    )
    ask = ["--url", prologue_server.url, "--since", "10m"]
    lines = run("query", '{service_name="cli-query"} |= "line"', *ask, "--limit", "2", "-o", "raw")
    assert (lines.returncode, lines.stdout) == (0, "line 1 level=error\nline 2 level=error\n"), lines.stderr
    forward = run("query", '{service_name="cli-query"}', *ask, "--direction", "forward", "-o", "jsonl")
    first = json.loads(forward.stdout.splitlines()[0])
    assert first["line"] == "line 5 level=error"
    assert first["labels"]["service_name"] == "cli-query"
    count = 'sum by (service_name) (count_over_time({service_name="cli-query"}[10m]))'
    at = run("query", count, "--at", "now", "-o", "csv", "--url", prologue_server.url)
    assert at.stdout.splitlines()[1].endswith(",cli-query,5"), at.stderr


def test_a_real_servers_position_is_pointed_at(run: Run, prologue_server: ServerProcess) -> None:
    done = run("query", '{a="b"} | foo', "--url", prologue_server.url)
    assert done.returncode == 2
    assert "unknown stage `foo`" in done.stderr
    assert done.stderr.splitlines()[-2:] == ['  {a="b"} | foo', "            ^"]
