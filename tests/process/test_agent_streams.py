"""Standard input and commands, shipped by real processes to a real server: each line once, and the end."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import pytest
import wasmtime

from tests.support.server import ServerProcess, wait_until
from tests.support.traces import plain, records_of

PROLOGUE = [sys.executable, "-m", "prologue"]


def entries(server: ServerProcess, selector: str) -> list[tuple[dict[str, str], str]]:
    """Labels and lines, oldest first."""
    server.settle()
    question: dict[str, Any] = {"query": selector, "limit": 5000, "since": "1h", "direction": "forward"}
    found = httpx.get(f"{server.url}/loki/api/v1/query_range", params=question, timeout=30).json()
    rows = [
        (int(ns), stream["stream"], line)
        for stream in found["data"]["result"]
        for ns, line in stream["values"]
    ]
    return [(labels, line) for _, labels, line in sorted(rows, key=lambda row: row[0])]


def arguments(server: ServerProcess, folder: Path, *more: str) -> list[str]:
    return ["--url", server.url, "--data-dir", str(folder), *more]


def test_standard_input_is_shipped_to_its_end(prologue_server, tmp_path: Path) -> None:
    text = "".join(f"line {number}\n" for number in range(3000)) + "no newline"
    done = subprocess.run(
        [*PROLOGUE, "agent", *arguments(prologue_server, tmp_path, "--stdin", "--service-name", "piped")],
        input=text,
        text=True,
        timeout=60,
        check=False,
        capture_output=True,
    )
    assert done.returncode == 0, done.stderr
    stored = entries(prologue_server, '{service_name="piped", source="stdin"}')
    assert [line for _, line in stored] == text.splitlines()
    assert not list((tmp_path / "agent/spool").iterdir())


def test_stack_traces_of_standard_input_and_of_commands_are_one_record_each(
    prologue_server, tmp_path: Path
) -> None:
    undated = [record for record in records_of("java") if not record.startswith(b"20")]
    piped = ["agent", *arguments(prologue_server, tmp_path), "--stdin", "--service-name", "traces"]
    done = subprocess.run(
        [*PROLOGUE, *piped, "--multiline", "java"], input=plain(undated), timeout=60, check=False
    )
    assert done.returncode == 0
    wanted = [record.decode() for record in undated]
    assert [line for _, line in entries(prologue_server, '{service_name="traces"}')] == wanted
    program = "import sys; print('begins', flush=True); print('  goes on', flush=True); raise KeyError(1)"
    failing = arguments(prologue_server, tmp_path, "--service-name", "failing", "--quiet")
    rule = ["--multiline", r"continuation: ^(\s|KeyError)", "--"]
    done = subprocess.run(
        [*PROLOGUE, "exec", *failing, *rule, sys.executable, "-c", program],
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert [line for _, line in entries(prologue_server, '{service_name="failing", stream="stdout"}')] == [
        "begins\n  goes on"
    ]
    [(_, error)] = entries(prologue_server, '{service_name="failing", stream="stderr"}')
    assert error.startswith("Traceback")
    assert error.endswith("KeyError: 1")


def test_a_rule_that_is_wrong_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    wrong = ["--url", "http://127.0.0.1:9", "--data-dir", str(tmp_path), "--multiline", "start: ("]
    for command in (["agent", *wrong, "--stdin"], ["exec", *wrong, "--", "true"]):
        done = subprocess.run(
            [*PROLOGUE, *command],
            input="line\n",
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 2
        assert "wrong at character" in done.stderr


def test_what_was_not_shipped_in_time_is_shipped_by_the_next_process(prologue_server, tmp_path: Path) -> None:
    environment = {**os.environ, "PROLOGUE_AGENT__SHUTDOWN_TIMEOUT": "300ms"}
    away = ["agent", "--url", "http://127.0.0.1:9", "--data-dir", str(tmp_path), "--stdin"]
    done = subprocess.run(
        [*PROLOGUE, *away, "--service-name", "late"],
        input="one\ntwo\n",
        text=True,
        timeout=60,
        check=False,
        capture_output=True,
        env=environment,
    )
    assert done.returncode == 0
    assert "are kept in" in done.stderr
    (spool,) = (tmp_path / "agent/spool").iterdir()
    os.utime(spool, (1, 1))  # as if its process had ended a while ago
    agent = subprocess.Popen(
        [*PROLOGUE, "agent", *arguments(prologue_server, tmp_path), "--listen", "127.0.0.1:0"],
        env={**os.environ, "PROLOGUE_COLLECT__ROOT": str(tmp_path / "root")},
    )
    try:
        wait_until(lambda: len(entries(prologue_server, '{service_name="late"}')) == 2)
    finally:
        agent.terminate()
        assert agent.wait(30) == 0
    assert not list((tmp_path / "agent/spool").iterdir())


def test_a_killed_pipe_loses_nothing_that_was_spooled(prologue_server, tmp_path: Path) -> None:
    """kill -9 between the spool and the endpoint: stored once, by whoever comes next."""
    command = [
        *PROLOGUE,
        "agent",
        *arguments(prologue_server, tmp_path, "--stdin", "--service-name", "killed"),
    ]
    process = subprocess.Popen(
        command, stdin=subprocess.PIPE, env={**os.environ, "PROLOGUE_AGENT__BATCH_WAIT": "60"}
    )
    assert process.stdin is not None
    process.stdin.write(b"".join(b"id=%08d\n" % number for number in range(500)))
    process.stdin.flush()
    spools = tmp_path / "agent/spool"

    def spooled() -> int:
        return sum(f.stat().st_size for f in spools.rglob("*") if f.is_file() and f.stat().st_size != 65536)

    wait_until(lambda: spools.is_dir() and spooled() > 500 * 12)
    time.sleep(0.2)
    process.kill()
    process.wait(30)
    for spool in spools.iterdir():
        os.utime(spool, (1, 1))
    agent = subprocess.Popen(
        [*PROLOGUE, "agent", *arguments(prologue_server, tmp_path), "--listen", "127.0.0.1:0"],
        env={**os.environ, "PROLOGUE_COLLECT__ROOT": str(tmp_path / "root")},
    )
    try:
        wait_until(lambda: len(entries(prologue_server, '{service_name="killed"}')) >= 500)
    finally:
        agent.terminate()
        agent.wait(30)
    counts = Counter(line for _, line in entries(prologue_server, '{service_name="killed"}'))
    assert set(counts.values()) == {1}
    assert len(counts) == 500


CHILD = """
import sys, time
print("to stdout", flush=True)
print("to stderr", file=sys.stderr, flush=True)
sys.exit(3)
"""


def run_exec(
    server: ServerProcess, folder: Path, *command: str, **more: Any
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*PROLOGUE, "exec", *arguments(server, folder), *command],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        **more,
    )


def test_a_command_s_streams_and_its_status(prologue_server, tmp_path: Path) -> None:
    done = run_exec(prologue_server, tmp_path, "--service-name", "job", "--", sys.executable, "-c", CHILD)
    assert (done.returncode, done.stdout, done.stderr) == (3, "to stdout\n", "to stderr\n")
    stored = entries(prologue_server, '{service_name="job"}')
    assert {(labels["stream"], line) for labels, line in stored[:2]} == {
        ("stdout", "to stdout"),
        ("stderr", "to stderr"),
    }
    labels, line = stored[-1]
    assert labels["stream"] == "exit"
    assert labels["exit_code"] == "3"
    assert float(labels["duration_seconds"]) > 0
    assert "exited with status 3" in line
    assert labels["detected_level"] == "error"


def test_the_service_is_found_and_the_echo_can_be_silenced(prologue_server, tmp_path: Path) -> None:
    otel = {**os.environ, "OTEL_RESOURCE_ATTRIBUTES": "service.name=by%20otel,service.namespace=shop"}
    done = run_exec(prologue_server, tmp_path, "--quiet", "--", "echo", "hello", env=otel)
    assert (done.returncode, done.stdout) == (0, "")
    stored = entries(prologue_server, '{service_name="by otel", service_namespace="shop"}')
    assert stored[0][1] == "hello"
    assert run_exec(prologue_server, tmp_path, "--", "printf", "%s", "tail").stdout == "tail"
    assert entries(prologue_server, '{service_name="printf"}')[0][1] == "tail"


def test_a_command_that_is_not_there(prologue_server, tmp_path: Path) -> None:
    done = run_exec(prologue_server, tmp_path, "--", "no-such-command")
    assert done.returncode == 127
    assert "no-such-command" in done.stderr
    assert run_exec(prologue_server, tmp_path).returncode == 2


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_signals_reach_the_command(prologue_server, tmp_path: Path, number: signal.Signals) -> None:
    service = f"signalled-{number.name.lower()}"
    child = (
        "import signal, sys, time\n"
        f"signal.signal({int(number)}, lambda *_: (print('caught', flush=True), sys.exit(7)))\n"
        "print('ready', flush=True)\n"
        "while True: time.sleep(0.05)\n"
    )
    process = subprocess.Popen(
        [
            *(*PROLOGUE, "exec", *arguments(prologue_server, tmp_path), "--service-name", service),
            *("--", sys.executable, "-c", child),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    process.send_signal(number)
    assert process.communicate(timeout=60)[0] == "caught\n"
    assert process.returncode == 7
    assert [line for _, line in entries(prologue_server, f'{{service_name="{service}"}}')][:2] == [
        "ready",
        "caught",
    ]


def test_a_command_that_is_killed(prologue_server, tmp_path: Path) -> None:
    done = run_exec(prologue_server, tmp_path, "--service-name", "dead", "--", "sh", "-c", "kill -9 $$")
    assert done.returncode == 128 + 9
    labels, line = entries(prologue_server, '{service_name="dead"}')[-1]
    assert (labels["signal"], labels["exit_code"]) == ("SIGKILL", "137")
    assert "ended by SIGKILL" in line


WRITE = """
(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "from wasm\\n")
  (func (export "_start")
    (i32.store (i32.const 0) (i32.const 16))
    (i32.store (i32.const 4) (i32.const 10))
    (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))
    (drop (call $write (i32.const 2) (i32.const 0) (i32.const 1) (i32.const 8)))
    (call $exit (i32.const 5))))
"""
TRAP = '(module (memory (export "memory") 1) (func (export "_start") unreachable))'


def test_a_webassembly_module_runs_under_wasi(prologue_server, tmp_path: Path) -> None:
    module = tmp_path / "app.wasm"
    module.write_bytes(wasmtime.wat2wasm(WRITE))
    done = run_exec(prologue_server, tmp_path, str(module))
    assert (done.returncode, done.stdout, done.stderr) == (5, "from wasm\n", "from wasm\n")
    stored = entries(prologue_server, '{service_name="app", source="exec"}')
    assert {labels["stream"] for labels, line in stored if line == "from wasm"} == {"stdout", "stderr"}
    assert stored[-1][0]["exit_code"] == "5"


def test_a_module_that_traps_and_one_that_is_none(prologue_server, tmp_path: Path) -> None:
    trap, broken = tmp_path / "trap.wasm", tmp_path / "broken.wasm"
    trap.write_bytes(wasmtime.wat2wasm(TRAP))
    broken.write_bytes(b"\0asmnonsense")
    assert run_exec(prologue_server, tmp_path, str(trap)).returncode == 134
    done = run_exec(prologue_server, tmp_path, str(broken))
    assert done.returncode == 126
    assert "broken.wasm" in done.stderr


def test_the_exit_record_is_json_for_any_name(prologue_server, tmp_path: Path) -> None:
    script = tmp_path / 'we"ird'
    script.write_text("#!/bin/sh\nexit 0\n")
    script.chmod(0o755)
    assert run_exec(prologue_server, tmp_path, "--", str(script)).returncode == 0
    selector = "{service_name=" + json.dumps('we"ird') + "}"
    assert entries(prologue_server, selector)[-1][1].startswith('we"ird exited with status 0')
