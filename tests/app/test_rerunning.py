"""Stored lines parsed again: all of them, once, whatever interrupts it."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest

from prologue.app.rerunning import Rerunner
from prologue.model.errors import EngineError, EngineUnavailable
from prologue.model.payload import Payload, PayloadFormat
from prologue.parse import catalog
from prologue.parse.columns import ParseOptions
from prologue.parse.finish import finish
from prologue.pipeline.staging import staged
from prologue.store.embedded import EmbeddedEngine
from prologue.store.migrate import migrate
from prologue.store.reruns import Rerun, Reruns, RerunStatus
from prologue.store.writer import LogWriter

NOW = 1_795_800_000_000_000_000
OPTIONS = ParseOptions()
EVER = (0, 2 * NOW)
LINES = ["t=2026-11-20T10:00:00Z n=1", "t=2026-11-21T10:00:00Z n=2", "odd"]
PIPELINE = "name: p\nstages:\n- logfmt\n- timestamp: {source: t}\n- labels: {set: {team: core}}\n"


class Store:
    """A store with lines of two services in two batches, and who parses them again."""

    def __init__(self, open_engine: Callable[[], EmbeddedEngine]) -> None:
        self.engine = open_engine()
        migrate(self.engine)
        self.writer = LogWriter(open_engine(), finish(OPTIONS))
        self.reruns = Reruns(open_engine())
        self.rerunner = Rerunner(open_engine(), LogWriter(open_engine(), finish(OPTIONS)), self.reruns)
        for batch, service in ((1, "web"), (2, "db"), (3, "web")):
            self.store(batch, service)

    def store(self, batch: int, service: str) -> None:
        data = "\n".join(f"{line} b={batch}" for line in LINES).encode()
        payload = Payload("t", PayloadFormat.LINES, data, NOW + batch * 10**9, {"service_name": service})
        self.writer.parse([staged(catalog.parse([payload], OPTIONS))])
        self.writer.commit(batch, recover=False)

    def lines(self, condition: str = "true") -> list[dict[str, Any]]:
        rows = self.engine.arrow(
            "SELECT body, batch, toString(toDate(timestamp)) AS day, "
            f"CAST(attributes, 'Map(String, String)') AS a FROM logs WHERE {condition} ORDER BY body, batch"
        ).to_pylist()
        return [{**row, "a": dict(row["a"])} for row in rows]

    def bodies(self) -> list[str]:
        return sorted(row["body"] for row in self.lines())


@pytest.fixture
def store(open_engine: Callable[[], EmbeddedEngine]) -> Store:
    return Store(open_engine)


EXPECTED = sorted(f"{line} b={batch}" for batch in (1, 2, 3) for line in LINES)


def test_lines_are_parsed_again_and_others_are_not(store: Store) -> None:
    store.reruns.add("t", '{service_name="web"}', EVER, 2, PIPELINE)
    assert store.rerunner.once() == 1
    assert store.bodies() == EXPECTED
    again = [row for row in store.lines() if "rerun" in row["a"]]
    assert [row["body"] for row in again] == sorted(f"{line} b=1" for line in LINES)
    (one,) = [row for row in again if row["a"].get("n") == "1"]
    assert one["day"] == "2026-11-20"
    assert one["a"]["parsed_by"].startswith("p@")
    assert {row["batch"] for row in again} == {0}
    named = store.engine.arrow("SELECT count() AS n FROM streams WHERE labels['team'] = 'core'")["n"][
        0
    ].as_py()
    assert named > 0
    (done,) = store.reruns.of("t")
    assert (done.status, done.lines) == (RerunStatus.PROCESSED, 3)
    assert store.rerunner.once() == 0


def test_again_with_another_pipeline_starts_from_the_original_text(store: Store) -> None:
    replacing = "name: r\nstages:\n- logfmt: {on_error: continue}\n- rename: {n: body}\n"
    store.reruns.add("t", '{service_name="web"}', EVER, 3, replacing)
    store.rerunner.once()
    assert "1" in store.bodies()
    store.reruns.add("t", '{service_name="web"}', EVER, 3, PIPELINE)
    store.rerunner.once()
    assert store.bodies() == EXPECTED
    stamps = {row["a"].get("parsed_by", "").split("@")[0] for row in store.lines()}
    assert stamps == {"", "p"}


class Failing:
    """An engine that is away at the n-th statement."""

    def __init__(self, engine: EmbeddedEngine, after: int) -> None:
        self.engine, self.after = engine, after

    def __getattr__(self, name: str) -> Any:
        if name in ("command", "arrow", "insert_select"):
            self.after -= 1
            if self.after == 0:
                raise EngineUnavailable("away")
        return getattr(self.engine, name)


@pytest.mark.parametrize("place", ["engine", "writer"])
@pytest.mark.parametrize("after", [1, 2, 3, 5, 8, 10, 12])
def test_whatever_interrupts_it_no_line_is_lost_or_twice(store: Store, place: str, after: int) -> None:
    store.reruns.add("t", '{service_name="web"}', EVER, 3, PIPELINE)
    target = store.rerunner if place == "engine" else store.rerunner._writer
    whole = target._engine
    target._engine = Failing(whole, after)
    try:
        store.rerunner.once()
    except EngineUnavailable:
        # Nothing is missing at any moment.
        assert not set(EXPECTED) - set(store.bodies())
    target._engine = whole
    store.rerunner.once()
    assert store.bodies() == EXPECTED
    assert store.reruns.of("t")[0].status is RerunStatus.PROCESSED


def test_a_request_that_cannot_be_carried_out_changes_nothing(store: Store) -> None:
    store.reruns.add("t", '{service_name="web"}', EVER, 3, "name: p\nstages: [nothing]")
    store.rerunner.once()
    assert store.reruns.of("t")[0].status is RerunStatus.FAILED
    assert "no stage nothing" in store.reruns.of("t")[0].message
    assert store.bodies() == EXPECTED


def test_a_request_that_fails_does_not_hold_up_the_others(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = store.reruns.add("t", '{service_name="web"}', EVER, 3, PIPELINE)
    store.reruns.add("t", '{service_name="db"}', EVER, 3, PIPELINE)
    carry_out = store.rerunner._carry_out

    def failing(rerun: Rerun) -> None:
        if rerun.id == first.id:
            raise EngineError("it will not")
        carry_out(rerun)

    monkeypatch.setattr(store.rerunner, "_carry_out", failing)
    with pytest.raises(EngineError):
        store.rerunner.once()
    assert [one.status for one in store.reruns.of("t")] == [RerunStatus.RUNNING, RerunStatus.PROCESSED]


def test_nothing_is_begun_before_an_earlier_process_s_batches_are_stored(
    store: Store, open_engine: Callable[[], EmbeddedEngine]
) -> None:
    """A batch that is stored after its window was read would be deleted with what was parsed again."""
    replayed = False
    writer = LogWriter(open_engine(), finish(OPTIONS))
    rerunner = Rerunner(open_engine(), writer, store.reruns, replayed=lambda: replayed)
    store.reruns.add("t", '{service_name="web"}', EVER, 4, PIPELINE)
    assert rerunner.once() == 0
    store.store(4, "web")
    replayed = True
    assert rerunner.once() == 1
    assert store.bodies() == sorted([*EXPECTED, *(f"{line} b=4" for line in LINES)])


def test_a_defect_does_not_end_the_thread(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    rerunner = Rerunner(store.engine, store.writer, store.reruns, interval=0.01)
    tries: list[int] = []
    twice = threading.Event()

    def once() -> int:
        tries.append(1)
        if len(tries) > 1:
            twice.set()
            return 0
        raise ValueError("a defect")

    monkeypatch.setattr(rerunner, "once", once)
    rerunner.start()
    try:
        assert twice.wait(10)
    finally:
        rerunner.stop(10)
