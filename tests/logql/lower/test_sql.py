from __future__ import annotations

import math

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prologue.logql.lower.sql import EMPTY, Bindings, Expr, both, checked, column, expr
from prologue.store.embedded import EmbeddedEngine

any_text = st.text() | st.binary(max_size=20).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
HOSTILE = ["'", "\\", "\\'", "'; DROP TABLE logs --", "{p0:String}", "%s", "\0", "\n\t", "\\N", "☃", "\udcff"]
ONE_ENGINE = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


@ONE_ENGINE
@given(st.lists(any_text | st.sampled_from(HOSTILE), min_size=1, max_size=4))
def test_texts_reach_the_engine_unchanged(engine: EmbeddedEngine, values: list[str]) -> None:
    bindings = Bindings()
    columns = ", ".join(f"hex({bindings.text(value)}) AS v{i}" for i, value in enumerate(values))
    row = engine.arrow(f"SELECT {columns}", bindings.values).to_pylist()[0]
    sent = [value.encode("utf-8", "surrogateescape") for value in values]
    assert [bytes.fromhex(row[f"v{i}"]) for i in range(len(values))] == sent


@ONE_ENGINE
@given(st.floats(), st.integers(-(2**63), 2**63 - 1))
def test_numbers_reach_the_engine_unchanged(engine: EmbeddedEngine, number: float, whole: int) -> None:
    bindings = Bindings()
    sql = f"SELECT toFloat64({bindings.number(number)}) AS f, {bindings.integer(whole)} AS i"
    row = engine.arrow(sql, bindings.values).to_pylist()[0]
    assert row["i"] == whole
    assert row["f"] == number or (math.isnan(number) and math.isnan(row["f"]))


def test_no_value_is_part_of_the_text() -> None:
    bindings = Bindings()
    assert all(value not in bindings.text(value) for value in HOSTILE)


def test_equal_values_share_a_parameter() -> None:
    bindings = Bindings()
    assert bindings.text("a") == bindings.text("a") != bindings.text("b")
    assert dict(bindings.values) == {"p0": "a", "p1": "b"}
    assert bindings.integer(1) != bindings.text("1")


def test_expressions_know_what_they_read() -> None:
    made = expr("a + b", column("a"), column("b"), Expr("sl_x", frozenset({"stream"}), frozenset({"x"})))
    assert made.columns == {"a", "b", "stream"}
    assert made.labels == {"x"}
    assert both([]) is None
    assert str(both([column("a"), EMPTY])) != ""


@pytest.mark.parametrize("name", ["", "a b", "a`", "1a", "a;", "é"])
def test_only_plain_names_become_text(name: str) -> None:
    with pytest.raises(ValueError, match="not a plain name"):
        checked(name)
