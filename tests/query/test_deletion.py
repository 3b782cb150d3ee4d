"""What a delete request compiles to, and what it may not ask for."""

from __future__ import annotations

import pytest

from prologue.model.errors import QueryError
from prologue.query.deletion import check_deletion, delete_statement


def test_everything_of_the_user_is_bound():
    statement = delete_statement('{app="it\'s"} |= "x\' OR 1 = 1" !~ "y+"', "te'nant", 5, 7)
    assert statement.sql.startswith("ALTER TABLE logs DELETE WHERE ")
    assert "'" not in statement.sql.replace("'UTC'", "")
    assert {"te'nant", "it's", "x' OR 1 = 1", 5, 7} <= set(statement.parameters.values())


def test_a_selector_that_matches_every_stream_today_names_its_streams_all_the_same():
    assert "stream IN (SELECT stream FROM streams" in delete_statement('{app=~".+"}', "t", 0, 1).sql


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ('rate({app="a"}[1m])', "metric query"),
        ('{app="a"} | json', "JsonParser"),
        ('{app="a"} |= "x" | level="info"', "LabelFilter"),
        ('{app="a"} | line_format "x" |= "x"', "LineFormat"),
        ("{}", "selector"),
        ('{app=~".*"}', "every stream"),
    ],
)
def test_refused(text, wanted):
    with pytest.raises(QueryError, match=wanted) as refused:
        check_deletion(text)
    assert refused.value.cure
