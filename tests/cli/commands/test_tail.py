"""`prologue tail` as a process: lines as they arrive, across a server that goes away, until Ctrl-C."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import orjson

from tests.cli.conftest import Run, clean_environment
from tests.client.scripted import Scripted
from tests.support.server import ServerProcess

AT = 1_795_442_707_123_456_789


def message(*texts: str, dropped: int = 0) -> dict[str, object]:
    values = [[str(AT + i), text] for i, text in enumerate(texts)]
    gone = [{"labels": {}, "timestamp": str(AT)}] * dropped
    return {"streams": [{"stream": {"app": "a"}, "values": values}], "dropped_entries": gone}


def test_until_the_server_ends_it(run: Run, server: Scripted) -> None:
    server.tails.append(([message("x", "y")], 1000))
    done = run("tail", "{}", "--no-reconnect", "-o", "raw", "--url", server.url)
    assert (done.returncode, done.stdout) == (0, "x\ny\n")


def test_lines_for_people_and_for_programs(run: Run, server: Scripted) -> None:
    server.tails.append(([message("x")], 1000))
    server.tails.append(([message("x")], 1000))
    pretty = run("tail", "--no-reconnect", "--url", server.url)
    assert pretty.stdout == '2026-11-23 14:05:07.123 unknown  {app="a"} x\n'
    assert server.heard[0].query["query"] == '{service_name=~".+"}'
    as_json = run("tail", "--no-reconnect", "-o", "jsonl", "--url", server.url)
    assert orjson.loads(as_json.stdout)["labels"] == {"app": "a"}


def test_dropped_lines_are_told(run: Run, server: Scripted) -> None:
    server.tails.append(([message("x", dropped=3)], 1000))
    done = run("tail", "--no-reconnect", "--url", server.url)
    assert "3 lines came faster than they could be shown" in done.stderr


def test_a_refused_query_is_code_2_and_pointed_at(run: Run, server: Scripted) -> None:
    refused = {"error": "no", "code": "bad_query", "position": {"line": 1, "column": 2, "offset": 1}}
    server.tail_refusal = (400, orjson.dumps(refused))
    done = run("tail", "-f", "{x", "--url", server.url)
    assert done.returncode == 2
    assert done.stderr.splitlines() == ["prologue: no", "  {x", "   ^"]


def test_a_cut_connection_is_code_1_without_reconnect(run: Run, server: Scripted) -> None:
    server.tails.append(([], 1011))
    done = run("tail", "--no-reconnect", "--url", server.url)
    assert done.returncode == 1
    assert "the tail was cut off" in done.stderr


def test_across_disconnects_until_ctrl_c(server: Scripted) -> None:
    server.tails.append(([message("x")], 1011))
    server.tails.append(([message("x", "y")], 1011))
    process = subprocess.Popen(
        [sys.executable, "-m", "prologue", "tail", "-o", "raw", "--since", "20y", "--url", server.url],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    )
    assert process.stdout is not None
    assert [process.stdout.readline(), process.stdout.readline()] == ["x\n", "y\n"]
    process.send_signal(signal.SIGINT)
    rest, said = process.communicate(timeout=60)
    assert (process.returncode, rest) == (0, "")
    assert "trying again in 500ms" in said


def test_a_real_server_that_is_killed_and_comes_back(tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data").start()
    server.push([{"_msg": "one", "service_name": "cli-tail"}])
    process = subprocess.Popen(
        [sys.executable, "-m", "prologue", "tail", "-o", "raw", "--since", "10m", "--url", server.url,
         '{service_name="cli-tail"}'],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(),
    )  # fmt: skip
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == "one\n"
        server.kill()
        server.start()
        server.push([{"_msg": "two", "service_name": "cli-tail"}])
        assert process.stdout.readline() == "two\n"
    finally:
        process.send_signal(signal.SIGINT)
        rest, said = process.communicate(timeout=60)
        server.stop()
    assert (process.returncode, rest) == (0, "")
    assert "trying again" in said
