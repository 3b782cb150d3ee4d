"""Exit codes, one-line errors, and that quick commands stay quick to load."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest

from prologue.cli import main as main_module
from prologue.cli.catalog import COMMANDS
from prologue.cli.main import main, root
from prologue.model.errors import ConfigError, EngineError, LimitError, Position, PrologueError, QueryError
from tests.cli.conftest import Run

FAILURES = {
    "the user's mistake": (
        ConfigError("bad key", key="x", cure="mend it"),
        2,
        "prologue: bad key; mend it\n",
    ),
    "a query": (QueryError("no", position=Position(1, 1, 0)), 2, "prologue: no\n"),
    "a limit": (LimitError("too much", cure="ask less"), 1, "prologue: too much; ask less\n"),
    "the engine": (EngineError("broken"), 1, "prologue: broken\n"),
    "many lines become one": (PrologueError("a\n  b"), 1, "prologue: a b\n"),
    "a defect": (
        ZeroDivisionError("by 0"),
        1,
        "prologue: defect: ZeroDivisionError: by 0; set PROLOGUE_DEBUG=1",
    ),
    "Ctrl-C": (KeyboardInterrupt(), 130, "prologue: stopped\n"),
}


@pytest.mark.parametrize(("error", "code", "line"), FAILURES.values(), ids=FAILURES)
def test_a_failure_is_one_line_and_a_code(
    error: BaseException,
    code: int,
    line: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.delenv("PROLOGUE_DEBUG", raising=False)

    @click.command("fails")
    def fails() -> None:
        raise error

    monkeypatch.setattr(root, "get_command", lambda *_: fails)
    monkeypatch.setitem(COMMANDS, "fails", COMMANDS["version"])  # type: ignore[arg-type]  # a dict in truth
    assert main(["fails"]) == code
    said = capsys.readouterr().err
    assert said.lstrip("\n").startswith(line)
    assert said.strip().count("\n") == 0


def test_debug_shows_the_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PROLOGUE_DEBUG", "1")
    monkeypatch.setattr(main_module.root, "main", lambda **_: 1 / 0)
    assert main(["version"]) == 1
    assert "Traceback" in capsys.readouterr().err


MISTAKES = {
    "a command that is none": (["qeury"], "there is no command qeury; did you mean query?"),
    "a command like none": (["zzzz"], "see `prologue --help`"),
    "an option that is none": (["query", "x", "--sicne", "1h"], "see `prologue query --help`"),
    "an argument missing": (["query"], "Missing argument 'QUERY'"),
    "a group's command": (["config", "shw"], "see `prologue config --help`"),
}


@pytest.mark.parametrize(("arguments", "said"), MISTAKES.values(), ids=MISTAKES)
def test_wrong_usage_is_code_2(arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(arguments) == 2
    assert said in capsys.readouterr().err


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    said = capsys.readouterr().out
    for name, entry in COMMANDS.items():
        assert name in said
        assert entry.help in said


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "-h"]) == 0
    assert "Usage: prologue" in capsys.readouterr().out


def test_the_command_itself(run: Run) -> None:
    bare = run()
    assert (bare.returncode, bare.stderr) == (2, "")
    assert "Commands:" in bare.stdout
    shown = run("version")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert shown.stdout.startswith("prologue 0.")


LIGHT = {
    "version": ("version", ("httpx", "chdb", "starlette", "numpy", "pyarrow", "rich", "yaml")),
    "help": ("--help", ("httpx", "chdb", "starlette", "numpy", "pyarrow", "rich")),
    "a client command": ("query -h", ("chdb", "clickhouse_connect", "starlette", "numpy", "pyarrow", "rich")),
    "demo's help": ("demo -h", ("chdb", "starlette", "numpy", "pyarrow")),
}


@pytest.mark.parametrize(("line", "absent"), LIGHT.values(), ids=LIGHT)
def test_what_a_command_does_not_need_is_not_imported(line: str, absent: tuple[str, ...]) -> None:
    code = (
        "import sys; from prologue.cli.main import main; main(sys.argv[1:]);"
        f"print([name for name in {absent!r} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *line.split()], capture_output=True, text=True, check=True, timeout=60
    )
    assert done.stderr.strip() == "[]"
