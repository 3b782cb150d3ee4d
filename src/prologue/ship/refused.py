"""What an endpoint will never take, kept on disk with the reason, so that it can be looked at and sent again.

One file a payload: a line of JSON (why, when, labels, params, position), then the bytes as they were. The
folder has a limit; when it is reached nothing more is put aside and the sources wait instead.

Next chapter: `prologue.ship.sink`.
"""

from __future__ import annotations

import os
import threading
from pathlib import Path

import orjson

from prologue.model.payload import Payload


class Refused:
    """A folder of refused payloads. Thread-safe. `count` and `bytes` are of this process's life."""

    def __init__(self, folder: Path, max_bytes: int) -> None:
        self._folder = folder
        self._max_bytes = max_bytes
        self._lock = threading.Lock()
        self._held = sum(file.stat().st_size for file in folder.glob("*.refused")) if folder.is_dir() else 0
        self.count = 0

    def put(self, payload: Payload, reason: str) -> bool:
        """Keep a payload durably. False where it cannot be kept: then its source must wait."""
        header = orjson.dumps(
            {
                "reason": reason,
                "received_ns": payload.received_ns,
                "tenant": payload.tenant,
                "format": payload.format.value,
                "labels": dict(payload.labels),
                "params": dict(payload.params),
                "source": payload.position.source if payload.position else "",
                "start": payload.position.start if payload.position else 0,
                "end": payload.position.end if payload.position else 0,
            }
        )
        with self._lock:
            size = len(header) + 1 + len(payload.data)
            if self._held + size > self._max_bytes:
                return False
            try:
                self._write(payload, header)
            except OSError:
                return False  # the caller holds the payload and says that it waits
            self._held += size
            self.count += 1
            return True

    def _write(self, payload: Payload, header: bytes) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)
        name = f"{payload.received_ns}-{self.count}"
        temporary = self._folder / f"{name}.new"
        with temporary.open("wb") as file:
            file.write(header + b"\n")
            file.write(payload.data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(self._folder / f"{name}.refused")
        folder = os.open(self._folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)  # the payload is acknowledged now, so its name must be durable too
        finally:
            os.close(folder)
