"""Requests to delete lines: kept durably from the moment they are accepted until they are carried out.

    received -> running -> processed
       `------> cancelled

`running` is written before anything is deleted, so that a request whose deletion a crash interrupted is
found and carried out again; deleting twice is harmless.

Next chapter: `prologue.app.deleting`, which carries them out.
"""

from __future__ import annotations

import enum
import threading
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, replace

from prologue.model.errors import UserError
from prologue.store.engine import Engine


class Status(enum.StrEnum):
    """Where a request stands."""

    RECEIVED = "received"
    RUNNING = "running"
    PROCESSED = "processed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Deletion:
    """Lines of `tenant` that `query` matches with `first <= timestamp <= last`; times in Unix ns."""

    id: str
    tenant: str
    query: str
    first: int
    last: int
    created: int
    status: Status = Status.RECEIVED


_COLUMNS = "id, tenant, query, first, last, created, status"
_INSERT = f"""
INSERT INTO deletions ({_COLUMNS}, version)
SELECT {{id:String}}, {{tenant:String}}, {{query:String}}, {{first:Int64}}, {{last:Int64}}, {{created:Int64}},
    {{status:String}}, {{version:UInt64}}"""
_SELECT = f"SELECT {_COLUMNS} FROM deletions FINAL"
_OPEN = (
    f"{_SELECT} WHERE status IN ('received', 'running') AND created <= {{until:Int64}} ORDER BY created, id"
)
_LISTED = f"{_SELECT} WHERE tenant = {{tenant:String}} AND status != 'cancelled' ORDER BY created, id"
_ONE = f"{_SELECT} WHERE tenant = {{tenant:String}} AND id = {{id:String}}"

# The engine would try a mutation that failed for ever, and hold up those behind it.
_ABANDON = "KILL MUTATION WHERE database = currentDatabase() AND table = 'logs' AND NOT is_done"


class Deletions:
    """The requests. Owns its engine connection; thread-safe, so that none is cancelled once begun."""

    def __init__(self, engine: Engine, *, unix_ns: Callable[[], int] = time.time_ns) -> None:
        self._engine = engine
        self._unix_ns = unix_ns
        self._lock = threading.Lock()

    def add(self, tenant: str, query: str, first: int, last: int) -> Deletion:
        """Keep a request; it is durable when this returns."""
        deletion = Deletion(uuid.uuid4().hex[:16], tenant, query, first, last, self._unix_ns())
        with self._lock:
            self._write(deletion)
        return deletion

    def of(self, tenant: str) -> list[Deletion]:
        """A tenant's requests but for the cancelled, oldest first."""
        return self._read(_LISTED, tenant=tenant)

    def due(self, until: int) -> list[Deletion]:
        """Every tenant's requests created at or before `until` that are not carried out, oldest first."""
        return self._read(_OPEN, until=until)

    def cancel(self, tenant: str, request_id: str) -> None:
        """Raises UserError where there is none such, or it is too late."""
        with self._lock:
            deletion = self._one(tenant, request_id)
            if deletion is None or deletion.status is Status.CANCELLED:
                raise UserError(
                    f"there is no delete request {request_id!r}",
                    cure="GET /loki/api/v1/delete lists them",
                    code="no_such_deletion",
                )
            if deletion.status is not Status.RECEIVED:
                raise UserError(
                    f"the delete request {request_id} is {deletion.status}: what it deleted cannot be undone",
                    cure="cancel a request before store.delete_delay has passed",
                    code="too_late",
                )
            self._write(replace(deletion, status=Status.CANCELLED))

    def begin(self, deletion: Deletion) -> bool:
        """Whether it may be carried out now: not where it was cancelled in the meantime."""
        with self._lock:
            now = self._one(deletion.tenant, deletion.id)
            if now is None or now.status not in (Status.RECEIVED, Status.RUNNING):
                return False
            self._write(replace(deletion, status=Status.RUNNING))
            return True

    def done(self, deletion: Deletion) -> None:
        with self._lock:
            self._write(replace(deletion, status=Status.PROCESSED))

    def abandon(self) -> None:
        """End what the engine deletes now, unfinished; whoever waits for it gets an error. The request
        stays `running`, so it is due again."""
        self._engine.command(_ABANDON)

    def _one(self, tenant: str, request_id: str) -> Deletion | None:
        return next(iter(self._read(_ONE, tenant=tenant, id=request_id)), None)

    def _read(self, sql: str, **parameters: object) -> list[Deletion]:
        rows = self._engine.arrow(sql, parameters).to_pylist()
        return [Deletion(**{**row, "status": Status(row["status"])}) for row in rows]

    def _write(self, deletion: Deletion) -> None:
        # Statuses only move forward, so their order is the order of versions.
        version = list(Status).index(deletion.status)
        self._engine.command(
            _INSERT,
            {
                "id": deletion.id,
                "tenant": deletion.tenant,
                "query": deletion.query,
                "first": deletion.first,
                "last": deletion.last,
                "created": deletion.created,
                "status": deletion.status.value,
                "version": version,
            },
        )
