from __future__ import annotations

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prologue.logql.lower.sql import Bindings
from prologue.query.lower.window import (
    Window,
    distance,
    evaluations_of_pane,
    in_a_window,
    pane,
)
from prologue.store.embedded import EmbeddedEngine


@settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(10**6, 10**6 + 50), st.integers(1, 20), st.integers(1, 60), st.integers(1, 8))
def test_a_line_counts_for_exactly_its_windows(
    engine: EmbeddedEngine, start: int, step: int, length: int, count: int
) -> None:
    window = Window(start, step, length, count)
    bindings = Bindings()
    condition = in_a_window(window, bindings) or "true"
    evaluations = (
        "[toInt64(pane)]" if window.is_direct else evaluations_of_pane(window, "toInt64(pane)", bindings)
    )
    times = f"arrayJoin(range({window.first}, {window.last + 1}))"
    sql = (
        f"SELECT t, {evaluations} AS ks FROM (SELECT t, {pane(window, bindings)} AS pane FROM ("
        f"SELECT {times} AS t, fromUnixTimestamp64Nano(toInt64(t), 'UTC') AS timestamp) WHERE {condition})"
    )
    found = {(row["t"], k) for row in engine.arrow(sql, bindings.values).to_pylist() for k in row["ks"]}
    wanted = {
        (t, k) for k in range(count) for t in range(start + k * step - length + 1, start + k * step + 1)
    }
    assert found == wanted


def test_the_distance_starts_at_the_oldest_instant() -> None:
    bindings = Bindings()
    assert "timestamp" in distance(Window(100, 10, 20, 3), bindings)
    assert (Window(100, 10, 20, 3).first, Window(100, 10, 20, 3).last) == (81, 120)
