"""Requests to parse stored lines again: kept durably from the moment they are accepted.

    running -> deleting -> processed
       `-----------------> failed

`running`: new lines are being written, each with the request's id in the attribute `rerun`. `deleting`:
all of them are stored, and those they replace are being deleted. What a crash interrupts is taken up at the
next start from its status alone.

Next chapter: `prologue.app.rerunning`, which carries them out.
"""

from __future__ import annotations

import enum
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import asdict, dataclass, replace

from prologue.store.engine import Engine


class RerunStatus(enum.StrEnum):
    """Where a request stands."""

    RUNNING = "running"
    DELETING = "deleting"
    PROCESSED = "processed"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Rerun:
    """Lines of `tenant` that `query` matches with `first <= timestamp <= last` (Unix ns), of batches up to
    `upto`, parsed again by `pipelines` (YAML). `lines` were written; `message` is why it failed."""

    id: str
    tenant: str
    query: str
    first: int
    last: int
    upto: int
    pipelines: str
    created: int
    status: RerunStatus = RerunStatus.RUNNING
    lines: int = 0
    message: str = ""


_COLUMNS = "id, tenant, query, first, last, upto, pipelines, created, status, lines, message"
_INSERT = f"""
INSERT INTO reruns ({_COLUMNS}, version)
SELECT {{id:String}}, {{tenant:String}}, {{query:String}}, {{first:Int64}}, {{last:Int64}}, {{upto:UInt64}},
    {{pipelines:String}}, {{created:Int64}}, {{status:String}}, {{lines:UInt64}}, {{message:String}},
    {{version:UInt64}}"""
_SELECT = f"SELECT {_COLUMNS} FROM reruns FINAL"


class Reruns:
    """The requests. Owns its engine connection; thread-safe."""

    def __init__(self, engine: Engine, *, unix_ns: Callable[[], int] = time.time_ns) -> None:
        self._engine = engine
        self._unix_ns = unix_ns
        self._lock = threading.Lock()

    def add(self, tenant: str, query: str, span: tuple[int, int], upto: int, pipelines: str) -> Rerun:
        """Keep a request; it is durable when this returns."""
        rerun = Rerun(uuid.uuid4().hex[:16], tenant, query, *span, upto, pipelines, self._unix_ns())
        self.write(rerun)
        return rerun

    def of(self, tenant: str) -> list[Rerun]:
        """A tenant's requests, oldest first."""
        return self._read(f"{_SELECT} WHERE tenant = {{tenant:String}} ORDER BY created, id", tenant=tenant)

    def open(self) -> list[Rerun]:
        """Every tenant's requests that are not carried out, oldest first."""
        return self._read(f"{_SELECT} WHERE status IN ('running', 'deleting') ORDER BY created, id")

    def advance(self, rerun: Rerun, status: RerunStatus, *, lines: int = 0, message: str = "") -> Rerun:
        """The request in its next status, durably."""
        changed = replace(rerun, status=status, lines=lines or rerun.lines, message=message)
        self.write(changed)
        return changed

    def write(self, rerun: Rerun) -> None:
        # Statuses only move forward, so their order is the order of versions.
        version = list(RerunStatus).index(rerun.status)
        with self._lock:
            self._engine.command(_INSERT, {**asdict(rerun), "status": rerun.status.value, "version": version})

    def _read(self, sql: str, **parameters: object) -> list[Rerun]:
        with self._lock:
            rows = self._engine.arrow(sql, parameters).to_pylist()
        return [Rerun(**{**row, "status": RerunStatus(row["status"])}) for row in rows]
