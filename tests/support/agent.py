"""A real `prologue agent` as a process: started on a machine made of a folder, killed, started again."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import httpx

START_SECONDS = 60.0


class AgentProcess:
    """One agent that reads below `root` and ships to `url`; its folder is `data_dir`."""

    def __init__(self, root: Path, data_dir: Path, url: str, **environment: str) -> None:
        self.root = root
        self.data_dir = data_dir
        self.log = data_dir.parent / f"{data_dir.name}.log"
        self._arguments = ["agent", "--url", url, "--listen", "127.0.0.1:0", "--data-dir", str(data_dir)]
        self._environment = {"PROLOGUE_COLLECT__ROOT": str(root), **environment}
        self._process: subprocess.Popen[str] | None = None
        self.greeting = ""
        self.url = ""

    def start(self) -> AgentProcess:
        with self.log.open("ab") as log:
            self._process = process = subprocess.Popen(
                [sys.executable, "-m", "prologue", *self._arguments],
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                env={**os.environ, **self._environment},
                start_new_session=True,
            )
        watchdog = threading.Timer(START_SECONDS, process.kill)
        watchdog.start()
        assert process.stdout is not None
        lines = []
        for line in process.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        watchdog.cancel()
        self.greeting = "".join(lines)
        found = re.search(r"status +(http://\S+)/", self.greeting)
        if found is None:
            raise AssertionError(f"the agent did not start: {self.greeting}\n{self.log.read_text()}")
        self.url = found.group(1)
        return self

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def kill(self) -> None:
        assert self._process is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.communicate()

    def stop(self, signal_number: int = signal.SIGTERM) -> int:
        assert self._process is not None
        if self._process.poll() is None:
            self._process.send_signal(signal_number)
        self._process.communicate(timeout=60)
        return self._process.returncode

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = httpx.get(f"{self.url}/status", timeout=30).json()
        return found
