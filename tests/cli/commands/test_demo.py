"""`prologue demo` against a real server: the story arrives, and its questions find it."""

from __future__ import annotations

import re
import shlex
import signal
import subprocess
import sys
from pathlib import Path

from prologue.cli.commands.demo import QUESTIONS
from tests.cli.conftest import Run, clean_environment
from tests.support.server import ServerProcess, wait_until


def test_the_past_arrives_whole(run: Run, prologue_server: ServerProcess) -> None:
    before = prologue_server.stored_lines()
    done = run("demo", "--once", "--since", "10m", "--rate", "20", "--url", prologue_server.url)
    assert done.returncode == 0, done.stderr
    sent = re.search(r"sent ([\d,]+) lines of the last 10m", done.stdout)
    assert sent
    count = int(sent[1].replace(",", ""))
    assert 10_000 < count < 14_000
    wait_until(lambda: prologue_server.stored_lines() >= before + count)
    assert prologue_server.stored_lines() == before + count


def test_it_ends_with_three_questions_to_paste(run: Run, prologue_server: ServerProcess) -> None:
    done = run("demo", "--once", "--since", "1m", "--rate", "1", "--url", prologue_server.url)
    asked = [shlex.split(line) for line in done.stdout.splitlines() if "prologue query" in line]
    assert [words[:2] for words in asked] == [["prologue", "query"]] * 3
    assert [words[2] for words in asked] == [query for _, query in QUESTIONS]
    assert all(words[3] == "--since" for words in asked)


def test_live_until_ctrl_c(prologue_server: ServerProcess) -> None:
    arguments = ["--since", "1s", "--rate", "200", "--url", prologue_server.url]
    process = subprocess.Popen(
        [sys.executable, "-m", "prologue", "demo", *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=clean_environment(PYTHONUNBUFFERED="1"),
    )
    assert process.stdout is not None
    for line in process.stdout:
        if "live" in line:
            break
    before = prologue_server.stored_lines()
    wait_until(lambda: prologue_server.stored_lines() > before + 200)
    process.send_signal(signal.SIGINT)
    rest, said = process.communicate(timeout=60)
    assert process.returncode == 0, said
    assert "stopped after" in rest
    assert "three questions" in rest


def test_nobody_there_is_code_1(run: Run) -> None:
    done = run("demo", "--once", "--since", "1s", "--url", "http://127.0.0.1:1")
    assert done.returncode == 1
    assert done.stderr.startswith("prologue: no server is ready at http://127.0.0.1:1; start one")


def test_the_questions_find_the_cause(run: Run, tmp_path: Path) -> None:
    server = ServerProcess(tmp_path / "data").start()
    try:
        told = run("demo", "--once", "--since", "30m", "--rate", "20", "--url", server.url)
        sent = re.search(r"sent ([\d,]+) lines", told.stdout)
        assert sent, told.stderr
        wait_until(lambda: server.stored_lines() == int(sent[1].replace(",", "")))
        asked = [shlex.split(line)[1:] for line in told.stdout.splitlines() if "prologue query" in line]
        who, what, why = (run(*words, "--url", server.url) for words in asked)
    finally:
        server.stop()
    worst = [
        line.split("{")[1].split("}")[0]
        for line in who.stdout.splitlines()[1:]
        if float(line.split()[-2]) > 20
    ]
    assert set(worst) == {f'service_name="{name}"' for name in ("payment", "checkout", "gateway")}, who.stdout
    assert "HikariPool-1 - Connection is not available" in what.stdout
    assert "maximumPoolSize=5\n" in why.stdout
    assert "from=v1.4.1 to=v1.4.2" in why.stdout
