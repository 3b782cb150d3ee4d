"""The cluster's events as logs: what the API keeps for an hour, kept for as long as logs are.

List once, then watch. The place in the stream is the API's resource version. What is about to be sent is
written into the state file first, synced, with the version it ends at: after a crash the very same bytes
are sent again at the same position, and the sink knows them if they had arrived. So an event is stored
once, through kills of agent and server.

Source: Kubernetes API reference, Event v1 (core); API Concepts, "Resource versions".

Next chapter: `prologue.collect.collector`.
"""

from __future__ import annotations

import logging
import os
import threading
from collections.abc import Mapping, Sequence
from concurrent.futures import wait
from pathlib import Path
from typing import Any

import msgspec
import orjson

from prologue.collect.context import Context
from prologue.collect.identity import new_token
from prologue.collect.kubernetes.api import Api, Gone
from prologue.collect.sender import Backoff
from prologue.collect.status import SourceState, SourceStatus
from prologue.model.errors import BufferFull, PositionConflict, PrologueError
from prologue.model.payload import Payload, PayloadFormat, SourcePosition

logger = logging.getLogger(__name__)

EVENTS = "/api/v1/events"
STATE_NAME = "kubernetes-events.json"
SERVICE = "kubernetes-events"
LOOK_S = 0.2
STOP_S = 0.3
# Few events come at once but for the first list: send so many together.
BATCH = 500
_LEVELS = {"Warning": "warn", "Normal": "info"}


class State(msgspec.Struct, frozen=True):
    """Everything up to `version` is acknowledged at `offset`; `pending` may or may not have arrived."""

    source: str
    version: int = 0
    offset: int = 0
    pending: bytes = b""
    pending_version: int = 0


class EventFollower:
    """Follows the events in a thread of its own; keeps its state in `folder`."""

    def __init__(self, context: Context, folder: Path) -> None:
        self._context = context
        self._settings = context.settings
        self._path = folder / STATE_NAME
        self._api = Api(context.settings.kubernetes)
        self._backoff = Backoff(context)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="kubernetes-events", daemon=True)
        self._state = load(self._path)
        self._lines = 0
        self._acked_bytes = 0
        self._error = ""

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """End; a thread that is still reading a watch that says nothing has nothing to lose."""
        self._stopping.set()
        self._thread.join(min(timeout, STOP_S))

    def status(self) -> SourceStatus:
        return SourceStatus(
            kind="kubernetes_events",
            name=self._settings.kubernetes.url + EVENTS,
            state=SourceState.ENDED if self._error else SourceState.ACTIVE,
            offset=self._state.offset,
            size=self._state.offset,
            acked=self._state.offset,
            lines=self._lines,
            acked_bytes=self._acked_bytes,
            service=SERVICE,
            service_from="kind",
            errors=(self._error,) if self._error else (),
        )

    def _run(self) -> None:
        try:
            self._keep_up()
        finally:
            self._api.close()

    def _keep_up(self) -> None:
        while not self._stopping.is_set():
            try:
                self._follow()
                self._error = ""
                self._backoff.succeed()
                continue
            except Gone:
                continue
            except PrologueError as error:
                self._error = f"{error.message}; {error.cure}" if error.cure else error.message
            except OSError as error:
                self._error = f"the state {self._path} cannot be kept: {error.strerror}; make it writable"
            except Exception as error:  # a thread that ends is events that are lost while all looks well
                self._error = f"a defect: {error!r}"
                logger.exception("events are not followed now")
            logger.warning("events are not followed now: %s", self._error)
            self._pause(0.0)

    def _follow(self) -> None:
        """List what is new, then watch until the server ends it."""
        if self._state.pending:
            self._send_pending()
        items, version = self._api.list(EVENTS)
        fresh = sorted((item for item in items if _version(item) > self._state.version), key=_version)
        for start in range(0, len(fresh), BATCH):
            self._send(fresh[start : start + BATCH])
        self._error = ""
        while not self._stopping.is_set():
            for kind, event in self._api.watch(EVENTS, version):
                version = str(_map(event, "metadata").get("resourceVersion", version))
                if kind in ("ADDED", "MODIFIED") and _version(event) > self._state.version:
                    self._send([event])
                if self._stopping.is_set():
                    return

    def _send(self, events: Sequence[Mapping[str, Any]]) -> None:
        """Promise in the state file, send, and wait for the acknowledgement, for as long as it takes."""
        done = self._state
        data = b"".join(orjson.dumps(line_of(event)) + b"\n" for event in events)
        self._keep(State(done.source, done.version, done.offset, data, _version(events[-1])))
        self._send_pending()

    def _send_pending(self) -> None:
        """Returns with the state moved on, or when stopping."""
        while not self._stopping.is_set():
            state = self._state
            end = state.offset + len(state.pending)
            try:
                if not self._deliver(state.pending, SourcePosition(state.source, state.offset, end)):
                    return
            except PositionConflict as conflict:
                # A sink that was restored from elsewhere: go on under a new name, which repeats at most this.
                logger.warning("the events' position is not the sink's (%s): a new one is begun", conflict)
                self._keep(State(_new_source(), state.version, 0, state.pending, state.pending_version))
                continue
            self._keep(State(state.source, state.pending_version, end))
            self._lines += state.pending.count(b"\n")
            self._acked_bytes += len(state.pending)
            return

    def _keep(self, state: State) -> None:
        save(self._path, state)
        self._state = state

    def _deliver(self, data: bytes, position: SourcePosition) -> bool:
        """True once it is acknowledged; False when stopping. Raises `PositionConflict`."""
        settings = self._settings
        payload = Payload(
            tenant=settings.tenant,
            format=PayloadFormat.JSON_LINES,
            data=data,
            received_ns=self._context.clock(),
            labels={"source": "kubernetes_events", "service_name": SERVICE},
            params={"stream_fields": "namespace,pod"},
            position=position,
        )
        while not self._stopping.is_set():
            try:
                future = self._context.sink.append(payload)
                while not wait([future], timeout=LOOK_S).done:
                    if self._stopping.is_set():
                        return False
                future.result()
                self._backoff.succeed()
                return True
            except PositionConflict:
                raise
            except PrologueError as error:
                self._error = f"not taken yet, tried again: {error.message}"
                self._pause(error.retry_after if isinstance(error, BufferFull) else 0.0)
        return False

    def _pause(self, hint: float) -> None:
        now = self._context.monotonic()
        self._backoff.fail(now, hint)
        self._stopping.wait(self._backoff.until - now)


def line_of(event: Mapping[str, Any]) -> dict[str, Any]:
    """One event as a line: its message, its time, and what a search would ask for."""
    involved = _map(event, "involvedObject")
    source = _map(event, "source")
    meta = _map(event, "metadata")
    line = {
        "_time": event.get("lastTimestamp") or event.get("eventTime") or meta.get("creationTimestamp") or "",
        "_msg": str(event.get("message") or event.get("note") or event.get("reason") or "").strip(),
        "level": _LEVELS.get(str(event.get("type")), "info"),
        "namespace": involved.get("namespace") or meta.get("namespace", ""),
        "pod": involved.get("name", "") if involved.get("kind") == "Pod" else "",
        "reason": event.get("reason", ""),
        "type": event.get("type", ""),
        "object_kind": involved.get("kind", ""),
        "object_name": involved.get("name", ""),
        "object_path": involved.get("fieldPath", ""),
        "count": event.get("count") or _map(event, "series").get("count") or 1,
        "reported_by": event.get("reportingComponent") or source.get("component", ""),
        "node": source.get("host") or event.get("reportingInstance", ""),
        "event_name": meta.get("name", ""),
    }
    return {name: value for name, value in line.items() if value not in ("", None)}


def _new_source() -> str:
    return f"kubernetes-events:{new_token()}"


def _version(item: Mapping[str, Any]) -> int:
    """Resource versions are numbers wherever events are stored; 0 for one that is not."""
    text = str(_map(item, "metadata").get("resourceVersion", ""))
    return int(text) if text.isascii() and text.isdigit() else 0


def _map(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def load(path: Path) -> State:
    """The state of an earlier life, else a new one."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=State)
    except (FileNotFoundError, msgspec.DecodeError):
        return State(_new_source())


def save(path: Path, state: State) -> None:
    """Durably. Raises OSError."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    with temporary.open("wb") as file:
        file.write(msgspec.json.encode(state))
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder)  # or a power cut brings the old promise back, and other bytes get the same position
    finally:
        os.close(folder)
