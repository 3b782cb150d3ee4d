"""Events as lines: once each, through restarts, lost answers and a server that forgot its watch."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from prologue.collect.kubernetes import events
from prologue.collect.kubernetes.events import EVENTS, State, line_of, load, save
from prologue.model.errors import PositionConflict, TemporaryError
from tests.support.kubernetes import event

Eventually = Callable[..., None]


def test_an_event_as_a_line() -> None:
    assert line_of(event(1, "Warning")) == {
        "_time": "2026-01-02T03:04:05Z",
        "_msg": "event 1",
        "level": "warn",
        "namespace": "shop",
        "pod": "cart-0",
        "reason": "Pulled",
        "type": "Warning",
        "object_kind": "Pod",
        "object_name": "cart-0",
        "object_path": "spec.containers{app}",
        "count": 3,
        "reported_by": "kubelet",
        "node": "n1",
        "event_name": "cart.1",
    }
    newer = event(
        2, lastTimestamp=None, eventTime="2026-01-02T03:04:06.000001Z", series={"count": 9}, count=None
    )
    assert (line_of(newer)["_time"], line_of(newer)["count"]) == ("2026-01-02T03:04:06.000001Z", 9)


def messages(machine: Any) -> list[str]:
    return [json.loads(line)["_msg"] for line in machine.sink.bytes_of_events()]


@pytest.fixture
def cluster(machine: Any, api: Any, settings: Any) -> Any:
    machine.defaults = {"kubernetes": replace(settings, events=True)}
    machine.sink.bytes_of_events = lambda: [
        line
        for payload in list(machine.sink.payloads)
        if payload.labels.get("source") == "kubernetes_events"
        for line in bytes(payload.data).splitlines()
    ]
    return machine


def test_what_is_there_and_what_comes(cluster: Any, api: Any, eventually: Eventually) -> None:
    for number in range(5):
        api.change(EVENTS, "ADDED", event(number))
    cluster.start()
    eventually(lambda: len(messages(cluster)) == 5)
    eventually(lambda: api.watchers(EVENTS))
    api.change(EVENTS, "MODIFIED", event(2, message="again"))
    api.change(EVENTS, "DELETED", event(0))
    api.change(EVENTS, "ADDED", event(9))
    eventually(lambda: len(messages(cluster)) == 7)
    assert messages(cluster) == [f"event {n}" for n in range(5)] + ["again", "event 9"]
    payload = cluster.sink.payloads[0]
    assert payload.labels == {"source": "kubernetes_events", "service_name": "kubernetes-events"}
    assert payload.params == {"stream_fields": "namespace,pod"}


def test_a_restart_repeats_nothing(cluster: Any, api: Any, eventually: Eventually) -> None:
    api.change(EVENTS, "ADDED", event(1))
    cluster.start()
    eventually(lambda: len(messages(cluster)) == 1)
    cluster.stop()
    api.change(EVENTS, "ADDED", event(2))
    cluster.start()
    eventually(lambda: len(messages(cluster)) == 2)
    assert messages(cluster) == ["event 1", "event 2"]


@pytest.mark.parametrize("arrived", [True, False])
def test_a_kill_while_an_answer_is_out(cluster: Any, api: Any, eventually: Eventually, arrived: bool) -> None:
    """The promise in the state file is sent again, the same bytes at the same place."""
    api.change(EVENTS, "ADDED", event(1))
    data = json.dumps(line_of(event(1))).encode() + b"\n"
    state = State("kubernetes-events:x", 0, 0, data, api.version)
    save(cluster.root / "data/kubernetes-events.json", state)
    if arrived:
        cluster.sink.positions["kubernetes-events:x"] = len(data)
    cluster.start()
    eventually(lambda: load(cluster.root / "data/kubernetes-events.json").version == api.version)
    assert len(messages(cluster)) == (0 if arrived else 1)


def test_refusals_are_tried_again(cluster: Any, api: Any, eventually: Eventually) -> None:
    failures = [TemporaryError("not now"), TemporaryError("not now")]
    cluster.sink.on_append = lambda _payload: failures.pop() if failures else None
    api.change(EVENTS, "ADDED", event(1))
    cluster.start()
    eventually(lambda: messages(cluster) == ["event 1"])


def test_a_sink_that_knows_another_place(cluster: Any, api: Any, eventually: Eventually) -> None:
    conflicts = [PositionConflict("elsewhere", source="s", resume_at=7)]
    cluster.sink.on_append = lambda _payload: conflicts.pop() if conflicts else None
    api.change(EVENTS, "ADDED", event(1))
    cluster.start()
    eventually(lambda: messages(cluster) == ["event 1"])


def test_a_damaged_state_is_begun_anew(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text("{")
    assert load(tmp_path / "s.json").version == 0


def test_a_defect_does_not_end_it(
    cluster: Any, api: Any, eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    failures = [ValueError("a defect")]

    def flawed(event: dict[str, Any]) -> dict[str, Any]:
        if failures:
            raise failures.pop()
        return line_of(event)

    monkeypatch.setattr(events, "line_of", flawed)
    api.change(EVENTS, "ADDED", event(1))
    cluster.start()
    eventually(lambda: messages(cluster) == ["event 1"])
    eventually(lambda: api.watchers(EVENTS))
    api.send(EVENTS, {"type": "BOOKMARK", "object": {"metadata": None}})
    api.change(EVENTS, "ADDED", event(2))
    eventually(lambda: messages(cluster) == ["event 1", "event 2"])
