"""The engine's tree of a statement, out of the text that `EXPLAIN QUERY TREE run_passes = 0` prints.

The dump is the tree the engine would resolve and run, before it resolves anything: nothing is read,
no function is called. One node a line, children indented by two blanks:

    QUERY id: 3, is_subquery: 1
      PROJECTION
        LIST id: 4, nodes: 1
          FUNCTION id: 5, alias: q, function_name: count, function_type: ordinary
      JOIN TREE
        IDENTIFIER id: 6, identifier: logs

Strings are printed with escapes and names have been checked (`canonical.py`), so no line is anything
but what the engine meant as one.

Next chapter: `prologue.query.sqlapi.check`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

# Sections first, then nodes with an id; a longer kind before one it starts with.
_SECTIONS = (
    *("FRAME BEGIN OFFSET", "LEFT TABLE EXPRESSION", "RIGHT TABLE EXPRESSION", "FRAME END OFFSET"),
    *("TABLE EXPRESSION", "JOIN EXPRESSIONS", "JOIN EXPRESSION", "LIMIT BY OFFSET", "LIMIT BY LIMIT"),
    *("REPLACEMENT NAME", "REPLACEMENTS", "PARTITION BY", "PARAMETERS", "PROJECTION", "EXPRESSION"),
    *("FILL FROM", "FILL TO", "FILL STEP", "FILL STALENESS", "INTERPOLATE", "GROUP BY", "ORDER BY"),
    *("LIMIT BY", "JOIN TREE", "PREWHERE", "SETTINGS", "QUALIFY", "QUERIES", "HAVING", "OFFSET", "LIMIT"),
    *("WHERE", "WITH"),
)
_NODES = (
    *("REPLACE COLUMN TRANSFORMER", "EXCEPT COLUMN TRANSFORMER", "APPLY COLUMN TRANSFORMER"),
    *("TABLE_FUNCTION", "INTERPOLATE", "CROSS JOIN", "ARRAY_JOIN", "IDENTIFIER", "FUNCTION", "CONSTANT"),
    *("MATCHER", "ARGUMENT", "LAMBDA", "WINDOW", "UNION", "QUERY", "JOIN", "LIST", "SORT"),
)
_BARE = ("ARGUMENTS", "WINDOW")
"""Sections that have an id in some places."""
_LINE = re.compile(
    rf"(?P<node>{'|'.join(_NODES)}) id: \d+(?P<facts>(?:, .*)?)"
    rf"|(?P<section>{'|'.join(_SECTIONS)})(?P<text>(?: .*)?)"
    rf"|(?P<bare>{'|'.join(_BARE)})(?: id: \d+)?",
)
_INDENT = 2


@dataclass(slots=True)
class Node:
    """One line: its kind in capitals, what follows the id, and the lines under it."""

    kind: str
    rest: str
    children: list[Node] = field(default_factory=list)

    def attribute(self, name: str) -> str:
        """The value of `name: value` up to a comma, empty where there is none."""
        found = re.search(rf", {name}: ([^,]*)", self.rest)
        return found.group(1) if found else ""

    def section(self, kind: str) -> list[Node]:
        """The nodes under the child of that kind, without the LIST around them."""
        for child in self.children:
            if child.kind == kind:
                inner = child.children
                return inner[0].children if len(inner) == 1 and inner[0].kind == "LIST" else inner
        return []

    def walk(self) -> Iterator[Node]:
        """This node and all under it."""
        waiting = [self]
        while waiting:
            node = waiting.pop()
            yield node
            waiting.extend(node.children)


def parse_tree(lines: Iterable[str]) -> Node:
    """The root. Raises ValueError where a line is none of a tree."""
    root = Node("ROOT", "")
    path = [root]
    for line in lines:
        text = line.lstrip(" ")
        depth, uneven = divmod(len(line) - len(text), _INDENT)
        found = _LINE.fullmatch(text)
        if found is None or uneven or depth >= len(path) + 1:
            raise ValueError(f"not a line of a tree: {line[:100]!r}")
        kind = found["node"] or found["section"] or found["bare"]
        node = Node(kind, found["facts"] or found["text"] or "")
        del path[depth + 1 :]
        path[-1].children.append(node)
        path.append(node)
    return root
