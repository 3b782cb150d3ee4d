"""Runnable examples in the documentation: found, run against a real server, compared with their answers.

A fenced block whose info string is `sh runnable` is a command that must work as typed. A block
`json answer` or `text answer` right after it shows its answer: JSON must have the same shape (keys
and types; values are the example's own; a key `...` stands for those left out), text must begin with
the same first line.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from tests.support.server import ServerProcess, wait_until

_FENCE = re.compile(r"^```([^\n`]*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_AND_MORE = "..."
_ADDRESS = "127.0.0.1:3100"


@dataclass(frozen=True)
class Block:
    """One fenced block. `info` is what stands behind its opening fence."""

    info: str
    text: str
    line: int


@dataclass(frozen=True)
class Example:
    """A command and, where the page shows one, its answer."""

    page: str
    command: Block
    answer: Block | None

    def __str__(self) -> str:
        return f"{self.page}:{self.command.line}"


def blocks(page: Path) -> list[Block]:
    text = page.read_text()
    return [
        Block(match[1].strip(), match[2], text.count("\n", 0, match.start()) + 1)
        for match in _FENCE.finditer(text)
    ]


def examples(page: Path) -> Iterator[Example]:
    found = blocks(page)
    for block, after in zip(found, [*found[1:], None], strict=True):
        if block.info == "sh runnable":
            answered = after is not None and after.info.endswith(" answer")
            yield Example(page.name, block, after if answered else None)


def run(example: Example, server: ServerProcess, folder: Path) -> str:
    """What the command prints, typed in a checkout where `make run` was run; it must succeed."""
    environment = folder / ".venv"
    if not environment.exists():
        environment.symlink_to(sys.prefix)
    done = subprocess.run(
        [
            "bash",
            "-euo",
            "pipefail",
            "-c",
            example.command.text.replace(_ADDRESS, server.url.partition("//")[2]),
        ],
        cwd=folder,
        env={**os.environ, "PROLOGUE_URL": server.url},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, f"{example} fails:\n{done.stdout}\n{done.stderr}"
    wait_until(lambda: buffered(server) == 0)
    return done.stdout


def buffered(server: ServerProcess) -> int:
    """Acknowledged bytes that cannot be queried yet."""
    return int(httpx.get(f"{server.url}/api/v1/status", timeout=30).json()["buffered_bytes"])


def compare(example: Example, output: str) -> None:
    """Fails where the output is not of the shape that the page shows."""
    answer = example.answer
    if answer is None:
        assert '"status":"error"' not in output, (
            f"{example} is refused: {output}"
        )  # curl succeeds all the same
    elif answer.info == "json answer":
        difference = unlike(json.loads(answer.text), json.loads(output), "answer")
        assert not difference, f"{example}: {difference}\nreally: {output}"
    else:
        assert output.splitlines()[:1] == answer.text.splitlines()[:1], f"{example}: {output}"


def unlike(shown: Any, real: Any, where: str) -> str:
    """How the shapes differ, or "". Lists are compared by their first members; 1 and 0.5 are alike."""
    if isinstance(shown, dict) and isinstance(real, dict):
        named = shown.keys() - {_AND_MORE}
        if not named <= real.keys() or (named == shown.keys() and named != real.keys()):
            return f"{where} has the keys {sorted(real)}, the page shows {sorted(shown)}"
        found = (unlike(shown[key], real[key], f"{where}.{key}") for key in sorted(named))
        return next(filter(None, found), "")
    if isinstance(shown, list) and isinstance(real, list):
        if shown and not real:
            return f"{where} is empty"
        return unlike(shown[0], real[0], f"{where}[0]") if shown else ""
    kinds = [
        float if isinstance(value, int | float) and not isinstance(value, bool) else type(value)
        for value in (shown, real)
    ]
    return "" if kinds[0] is kinds[1] else f"{where} is {real!r}, the page shows {shown!r}"
