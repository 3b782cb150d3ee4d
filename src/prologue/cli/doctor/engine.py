"""The engine, tried for real in a process of its own: a native library can fail by killing its process.

`python -m prologue.cli.doctor.engine FOLDER` is that process: it creates a table, inserts, selects,
and prints the engine's version.
"""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from prologue.cli.doctor.finding import Finding, Patient

_SECONDS = 60
_ROWS = 1000


def check_engine(patient: Patient) -> list[Finding]:  # noqa: ARG001 - a check's signature
    """Whether the embedded engine loads, stores and answers on this machine."""
    with tempfile.TemporaryDirectory(prefix="prologue-doctor-") as folder:
        try:
            done = subprocess.run(
                [sys.executable, "-m", "prologue.cli.doctor.engine", folder],
                capture_output=True,
                text=True,
                timeout=_SECONDS,
                check=False,
            )
        except subprocess.TimeoutExpired:
            cure = "the machine is overloaded or the engine hangs: try again, then report it"
            return [Finding("engine", "wrong", f"no answer in {_SECONDS} s", cure)]
    if done.returncode == 0:
        return [Finding("engine", "ok", done.stdout.strip())]
    return [_failure(done)]


def _failure(done: subprocess.CompletedProcess[str]) -> Finding:
    if done.returncode == -signal.SIGILL:
        cure = "use a processor with SSE 4.2 and POPCNT; in a virtual machine, pass the host's CPU through"
        return Finding("engine", "wrong", "this processor lacks instructions that the engine needs", cure)
    if done.returncode == -signal.SIGKILL:
        return Finding(
            "engine", "wrong", "the kernel killed it: out of memory", "give it 1 GiB of memory at least"
        )
    last = (done.stderr.strip().splitlines() or [f"it ended with code {done.returncode}"])[-1]
    return Finding("engine", "wrong", last, "install again (make clean, make run), then report it")


def probe(folder: Path) -> str:
    """Use the engine in `folder`; what to say of it. Raises whatever is wrong."""
    from prologue.store.embedded import EmbeddedEngine  # noqa: PLC0415 - only the child process loads it

    engine = EmbeddedEngine(folder / "engine")
    engine.command("CREATE TABLE probe (number UInt64, text String) ENGINE = MergeTree ORDER BY number")
    engine.command(
        "INSERT INTO probe SELECT number, toString(number) FROM numbers({rows:UInt64})", {"rows": _ROWS}
    )
    table = engine.arrow(
        "SELECT count() AS rows, sum(toUInt64(text)) AS total, version() AS version FROM probe"
    )
    row = table.to_pylist()[0]
    engine.close()
    if (row["rows"], row["total"]) != (_ROWS, _ROWS * (_ROWS - 1) // 2):
        raise RuntimeError(f"the engine stored {_ROWS} rows and answered {row}")
    return f"ClickHouse {row['version']} embedded: stored and read back {_ROWS} rows"


if __name__ == "__main__":
    print(probe(Path(sys.argv[1])))
