"""A real `prologue up` as a process: started, asked, killed, started again on the same data."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import httpx

START_SECONDS = 60.0


class ServerProcess:
    """One server on `data_dir`. The first start takes a free port and later starts keep it.

    What is None in `environment` is not set, where this class would set it.
    """

    def __init__(self, data_dir: Path, **environment: str | None) -> None:
        self.data_dir = data_dir
        self.log = data_dir.parent / f"{data_dir.name}.log"
        wanted = {
            "PROLOGUE_COLLECT__ENABLED": "false",
            # One machine has these ports once; a test that wants them names others.
            "PROLOGUE_GRPC__LISTEN": "",
            "PROLOGUE_RECEIVE__OTLP_HTTP_LISTEN": "",
            **environment,
        }
        self._environment = {name: value for name, value in wanted.items() if value is not None}
        self._listen = "127.0.0.1:0"
        self._process: subprocess.Popen[str] | None = None
        self.url = ""
        self.greeting = ""

    def start(self) -> ServerProcess:
        self.launch()
        self.greeting = self._read_greeting()
        found = re.search(r"https?://([0-9.]+:\d+)", self.greeting)
        if found is None:
            raise AssertionError(f"the server did not start: {self.greeting}\n{self.log.read_text()}")
        self._listen, self.url = found.group(1), found.group(0)
        return self

    def launch(self) -> None:
        """Begin a start without waiting for it."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "prologue",
                    "up",
                    "--listen",
                    self._listen,
                    "--data-dir",
                    str(self.data_dir),
                ],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={
                    **os.environ,
                    "PROLOGUE_DATA_DIR": str(self.data_dir),
                    "PROLOGUE_HTTP__LISTEN": self._listen,
                    **self._environment,
                },
                start_new_session=True,
            )

    def _read_greeting(self) -> str:
        """Lines up to the one that ends the greeting; a watchdog kills a server that never says it."""
        process = self._process
        assert process is not None
        assert process.stdout is not None
        watchdog = threading.Timer(START_SECONDS, process.kill)
        watchdog.start()
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        watchdog.cancel()
        return "".join(lines)

    @property
    def grpc_address(self) -> str:
        """Where it speaks gRPC, for a server that was told to."""
        found = re.search(r"([0-9.]+:\d+) \(gRPC\)", self.greeting)
        assert found is not None, self.greeting
        return found.group(1)

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        """kill -9, as an out-of-memory killer or a power cut to the process would."""
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait(30)

    def stop(self, signal_number: int = signal.SIGTERM) -> int:
        """Ask it to stop; its exit code."""
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal_number)
        return self._process.wait(60)

    def push(self, lines: Iterable[dict[str, object]], stream_fields: str = "service_name") -> None:
        """Push records as JSON lines and wait until they can be queried."""
        body = "\n".join(json.dumps(record) for record in lines)
        target = f"{self.url}/insert/jsonline?_stream_fields={stream_fields}"
        answer = httpx.post(target, content=body, timeout=30)
        assert answer.status_code == 204, answer.text
        self.settle()

    def settle(self) -> None:
        """Wait until everything acknowledged so far can be queried."""
        wait_until(lambda: self.status()["buffered_bytes"] == 0)

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.url}/api/v1/status", timeout=30).json()
        return found

    def stored_lines(self) -> int:
        return int(self.status()["stored_lines"])


def wait_until(condition, deadline: float = 60.0, every: float = 0.02) -> None:
    """Poll a real condition until it holds; fail with what was waited for where it never does.

    `every` so many seconds: seldom, where asking is work."""
    end = time.monotonic() + deadline
    while not condition():
        assert time.monotonic() < end, f"still not so after {deadline} s: {condition}"
        time.sleep(every)
