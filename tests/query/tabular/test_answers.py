"""What LogQL's tables refuse."""

from __future__ import annotations

import pytest

from prologue.model.errors import LimitError, QueryError
from prologue.query.request import Limits, Request
from prologue.query.run import QueryEngine
from prologue.query.tabular import answers
from prologue.query.tabular.answers import LogqlTables
from prologue.store.reader import Reader
from tests.query.loading import ORIGIN, SECOND

ASKED = Request("default", ORIGIN, ORIGIN + 60 * SECOND, step=SECOND, limit=10)


def test_more_lines_than_allowed(tabular_reader: Reader):
    tables = LogqlTables(QueryEngine(tabular_reader, Limits(max_entries=9)))
    with pytest.raises(LimitError, match="limit of 10 lines is over the maximum of 9"):
        tables.arrow('{app="cart"}', ASKED)
    with pytest.raises(LimitError):
        tables.json('{app="cart"}', ASKED)


@pytest.mark.parametrize("most", [60, 61])
def test_more_samples_than_allowed(queries: QueryEngine, monkeypatch: pytest.MonkeyPatch, most: int):
    """61 evaluations of one series."""
    monkeypatch.setattr(answers, "MAX_SAMPLES", most)
    tables = LogqlTables(queries)
    if most == 61:
        assert tables.arrow("vector(1)", ASKED).num_rows == tables.json("vector(1)", ASKED).count == 61
        return
    with pytest.raises(LimitError, match="more than 60 samples"):
        tables.arrow("vector(1)", ASKED)
    with pytest.raises(LimitError, match="more than 60 samples"):
        tables.json("vector(1)", ASKED)


def test_a_wrong_query_has_its_place(queries: QueryEngine):
    with pytest.raises(QueryError) as caught:
        LogqlTables(queries).arrow('{app="cart"', ASKED)
    assert caught.value.position is not None


def test_a_pipeline_error_is_the_query_s(queries: QueryEngine):
    with pytest.raises(QueryError) as caught:
        LogqlTables(queries).arrow('sum(sum_over_time({app="cart"} | logfmt | unwrap msg [1m]))', ASKED)
    assert caught.value.code == "pipeline_error"
