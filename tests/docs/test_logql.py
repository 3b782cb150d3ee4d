"""The page of LogQL lists the template functions there are, and those that are refused."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from prologue.logql.template_functions import FUNCTIONS
from prologue.model.errors import QueryError
from prologue.query.compile import compile_query
from prologue.query.lower.scan import Scan
from prologue.query.request import Request
from prologue.query.streams import Facts

PAGE = (Path(__file__).parents[2] / "docs" / "logql.md").read_text(encoding="utf-8")
REFUSED = {"slice", "js"}
REQUEST = Request("default", 0, 60 * 10**9)


def test_the_functions_are_listed():
    listed = re.findall(r"`(\w+)`", PAGE.split("## Functions of templates")[1])
    assert set(listed) == set(FUNCTIONS) - REFUSED
    assert len(listed) == len(set(listed))


@pytest.mark.parametrize(
    "template",
    ["{{ slice .a 1 }}", "{{ js .a }}", "{{ range fromJson .a }}{{ break }}{{ end }}"],
)
def test_what_is_said_to_be_refused_is_refused(template):
    compiled = compile_query(f'{{app="x"}} | line_format `{template}`', REQUEST)
    facts: dict[Scan, Facts] = dict.fromkeys(compiled.looks, Facts(frozenset(), frozenset(), 1, 1))
    with pytest.raises(QueryError, match="not supported") as caught:
        compiled.statement(facts, 10)
    assert caught.value.cure


def test_variants_are_refused():
    with pytest.raises(QueryError, match="variants") as caught:
        compile_query('variants(rate({app="x"}[1m])) of ({app="x"}[1m])', REQUEST)
    assert caught.value.position is not None
