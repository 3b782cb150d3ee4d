"""The dump of a tree as nodes."""

from __future__ import annotations

import pytest

from prologue.query.sqlapi.tree import parse_tree

DUMP = """\
QUERY id: 0
  WITH
    LIST id: 1, nodes: 1
      QUERY id: 2, is_subquery: 1, is_cte: 1, cte_name: x
        JOIN TREE
          IDENTIFIER id: 3, identifier: system.one
  PROJECTION
    LIST id: 4, nodes: 2
      FUNCTION id: 5, alias: q, function_name: count, function_type: ordinary
      CONSTANT id: 6, constant_value: 'a, cte_name: y', constant_value_type: String
  JOIN TREE
    CROSS JOIN id: 7
      TABLE EXPRESSION
        IDENTIFIER id: 8, alias: l, identifier: logs, final: 1
  ORDER BY
    LIST id: 9, nodes: 1
      SORT id: 10, sort_direction: ASCENDING, with_fill: 0
        EXPRESSION LIMIT
          IDENTIFIER id: 11, identifier: LIMIT
  LIMIT BY LIMIT
    CONSTANT id: 12, constant_value: UInt64_1, constant_value_type: UInt8
"""


def test_nodes_and_attributes():
    query = parse_tree(DUMP.splitlines()).children[0]
    assert [child.kind for child in query.children] == [
        *("WITH", "PROJECTION", "JOIN TREE", "ORDER BY", "LIMIT BY LIMIT")
    ]
    (defined,) = query.section("WITH")
    assert (defined.kind, defined.attribute("cte_name")) == ("QUERY", "x")
    function, constant = query.section("PROJECTION")
    assert function.attribute("function_name") == "count"
    assert constant.kind == "CONSTANT"
    (cross,) = query.section("JOIN TREE")
    (table,) = cross.section("TABLE EXPRESSION")
    assert table.attribute("identifier") == "logs"
    assert table.attribute("sample_size") == ""
    assert query.section("HAVING") == []
    assert len(list(query.walk())) == len(DUMP.splitlines())


@pytest.mark.parametrize(
    "dump",
    [
        "SOMETHING NEW id: 1",
        "QUERY",
        "QUERY id: x",
        "   QUERY id: 0",
        "QUERY id: 0\n      LIST id: 1",
        "QUERY id: 0\n z, alias: b",
        "",
    ],
)
def test_what_is_no_tree_is_refused(dump: str):
    with pytest.raises(ValueError, match="not a line of a tree"):
        parse_tree(dump.split("\n"))
