"""`prologue exec -- CMD`: runs a command, ships what it writes to stdout and stderr, and how it ended.

The command keeps the standard input, gets every signal that we get, and its exit status is ours. What it
writes is passed on to our own stdout and stderr as well. The last record says the status; it has the
label `stream="exit"`, and `exit_code`, `signal` and `duration_seconds` as structured metadata.

A WebAssembly module is run by the `wasmtime` package under WASI, in a process of its own (`wasi.py`).

Next chapter: `prologue.collect.stream`.
"""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import TimeoutError as FutureTimeout
from pathlib import Path

import orjson

from prologue.app.agent.streams import Outlet, outlet, stream_labels
from prologue.collect.context import Context
from prologue.collect.identity import new_token
from prologue.collect.service import BY_SETTING
from prologue.collect.stream import StreamReader
from prologue.config.settings import Settings
from prologue.model.errors import PrologueError, UserError
from prologue.model.multiline import Rule
from prologue.model.payload import Payload, PayloadFormat, SourcePosition
from prologue.telemetry import log

logger = logging.getLogger(__name__)

FORWARDED = (signal.SIGTERM, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2, signal.SIGWINCH, signal.SIGCONT)
# A terminal sends these to the command itself, which is in its foreground as we are.
FROM_TERMINAL = (signal.SIGINT, signal.SIGQUIT)
BY_COMMAND = "command"
WASM_MAGIC = b"\0asm"
NOT_FOUND, NOT_EXECUTABLE = 127, 126  # as a shell answers


def run_exec(
    settings: Settings, command: Sequence[str], service: str, rule: Rule | None, *, quiet: bool
) -> int:
    """Run the command to its end, each stream's lines joined by `rule`.

    Its exit status, or 128 and the number of the signal that ended it.
    """
    log.set_up(settings.log.level, settings.log.format)
    with outlet(settings) as out:
        candidates = [(BY_SETTING, service), (BY_COMMAND, _name(command))]
        labels = dict(stream_labels(settings, "exec", candidates))
        began = time.monotonic()
        try:
            process = subprocess.Popen(
                _really(command), stdout=subprocess.PIPE, stderr=subprocess.PIPE, bufsize=0
            )
        except OSError as error:
            code = NOT_FOUND if isinstance(error, FileNotFoundError) else NOT_EXECUTABLE
            _tell(
                out.context, labels, command, f"could not be started: {error.strerror}", {"exit_code": code}
            )
            _drained(out, settings)
            logger.error("%s: %s", command[0], error.strerror)
            return code
        with _Forwarding(process):
            _ship_streams(out.context, process, labels, rule, quiet=quiet)
            status = process.wait()
        seconds = time.monotonic() - began
        _tell(out.context, labels, command, *_ending(status, seconds))
        _drained(out, settings)
    return status if status >= 0 else 128 - status


class _Forwarding:
    """Signals go on to the command for as long as the block runs; we end when it does."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self._process = process

    def __enter__(self) -> None:
        at_terminal = os.isatty(0)
        for number in FORWARDED:
            signal.signal(number, self._forward)
        for number in FROM_TERMINAL:
            signal.signal(number, (lambda *_: None) if at_terminal else self._forward)

    def __exit__(self, *_: object) -> None:
        for number in (*FORWARDED, *FROM_TERMINAL):
            signal.signal(number, signal.SIG_IGN if number in FROM_TERMINAL else signal.SIG_DFL)

    def _forward(self, number: int, _frame: object) -> None:
        if self._process.returncode is None:
            self._process.send_signal(number)


def _ship_streams(
    context: Context,
    process: subprocess.Popen[bytes],
    labels: dict[str, str],
    rule: Rule | None,
    *,
    quiet: bool,
) -> None:
    """Until both streams have ended: the command may close them early, or leave them to its children."""
    threads = []
    for name, pipe, mine in (("stdout", process.stdout, 1), ("stderr", process.stderr, 2)):
        assert pipe is not None
        reader = StreamReader(
            context,
            pipe.fileno(),
            f"exec-{name}",
            labels=labels | {"stream": name},
            rule=rule,
            echo=None if quiet else _echo(mine),
        )
        threads.append(threading.Thread(target=reader.run, name=f"exec-{name}", daemon=True))
        threads[-1].start()
    for thread in threads:
        thread.join()
    for pipe in (process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()


def _echo(fd: int) -> Callable[[bytes], None]:
    """Pass on to one of our own streams, until its reader has gone."""
    gone = False

    def write(data: bytes) -> None:
        nonlocal gone
        view = memoryview(data)
        while view and not gone:
            try:
                view = view[os.write(fd, view) :]
            except OSError as error:
                gone = True
                logger.warning("not passed on any more: %s", error.strerror)

    return write


def _ending(status: int, seconds: float) -> tuple[str, dict[str, object]]:
    """How the last record tells it, and its attributes."""
    attributes: dict[str, object] = {"duration_seconds": round(seconds, 3)}
    if status >= 0:
        return f"exited with status {status} after {seconds:.1f} s", attributes | {"exit_code": status}
    name = signal.Signals(-status).name
    return (
        f"ended by {name} after {seconds:.1f} s",
        attributes | {"exit_code": 128 - status, "signal": name},
    )


def _tell(
    context: Context, labels: dict[str, str], command: Sequence[str], how: str, attributes: dict[str, object]
) -> None:
    """The last record. It waits for the spool or the endpoint as the lines before it did."""
    failed = attributes["exit_code"] != 0
    record = {"_msg": f"{_name(command)} {how}", "level": "error" if failed else "info", **attributes}
    data = orjson.dumps(record) + b"\n"
    payload = Payload(
        tenant=context.settings.tenant,
        format=PayloadFormat.JSON_LINES,
        data=data,
        received_ns=context.clock(),
        labels=labels | {"stream": "exit"},
        position=SourcePosition(f"exec-exit:{new_token()}", 0, len(data)),
    )
    try:
        context.sink.append(payload).result(context.settings.backoff_max_s)
    except (PrologueError, FutureTimeout) as error:
        logger.error("the exit status could not be kept: %s", error)


def _drained(out: Outlet, settings: Settings) -> None:
    out.drain(settings.agent.shutdown_timeout)


def _name(command: Sequence[str]) -> str:
    name = Path(command[0]).name
    return name.removesuffix(".wasm") or name


def _really(command: Sequence[str]) -> list[str]:
    """The command itself, or for a WebAssembly module the interpreter that runs it."""
    if not is_wasm(command[0]):
        return list(command)
    return [sys.executable, "-m", "prologue.app.agent.wasi", *command]


def is_wasm(path: str) -> bool:
    """Whether the file is a WebAssembly module (or its text form, by its name)."""
    file = Path(path)
    if file.suffix == ".wat" and file.is_file():
        return True
    try:
        with file.open("rb") as module:
            return module.read(4) == WASM_MAGIC
    except OSError:
        return False


def require_command(command: Sequence[str]) -> None:
    if not command:
        raise UserError("there is no command to run", cure="write it after --, as in `prologue exec -- make`")
