"""What may run: a walk over the engine's tree in which everything must be on a list.

Tables are the documented views, what the statement's own WITH defined before, and bounded table
functions. A name a WITH defines is visible where the engine would see it and nowhere else; inside its
own definition it is not, because there the engine looks further and could find a stored table.

Next chapter: `prologue.query.sqlapi.views`.
"""

from __future__ import annotations

import re

from prologue.model.errors import QueryError
from prologue.query.sqlapi.canonical import REFUSED, locate
from prologue.query.sqlapi.functions import (
    IN_FUNCTIONS,
    MAX_NUMBERS,
    TABLE_FUNCTIONS,
    TYPED,
    is_allowed,
)
from prologue.query.sqlapi.tree import Node
from prologue.query.sqlapi.views import VIEWS

MAX_NODES = 20_000
_PLACES = ("JOIN TREE", "TABLE EXPRESSION", "LEFT TABLE EXPRESSION", "RIGHT TABLE EXPRESSION")
"""Sections in which an identifier is a table."""
_NO_TABLE = "system.one"
"""What the engine reads where there is no FROM: one row, one column, nothing in it."""
_COUNT = re.compile(r"UInt64_(\d+)")

Scope = frozenset[str]


def check(root: Node, text: str) -> None:
    """Raises QueryError where the tree holds anything that is not allowed; `text` is for positions."""
    waiting: list[tuple[Node, Scope, str]] = [(root, frozenset(VIEWS), "")]
    seen = 0
    while waiting:
        node, tables, place = waiting.pop()
        seen += 1
        if seen > MAX_NODES:
            raise QueryError("the SQL is too large", cure="split it into smaller questions", code=REFUSED)
        _check_node(node, tables, place, text)
        if node.kind == "QUERY":
            tables = _with_definitions(node, tables, waiting)
        waiting.extend((child, tables, node.kind) for child in node.children if child.kind != "WITH")


def _with_definitions(query: Node, tables: Scope, waiting: list[tuple[Node, Scope, str]]) -> Scope:
    """Queue what WITH defines, each seeing those before it; the tables the query then sees."""
    for defined in query.section("WITH"):
        waiting.append((defined, tables, "WITH"))
        if name := defined.attribute("cte_name"):
            tables |= {name}
    return tables


def _check_node(node: Node, tables: Scope, place: str, text: str) -> None:
    match node.kind:
        case "FUNCTION":
            _check_function(node, text)
        case "TABLE_FUNCTION":
            _check_table_function(node, text)
        case "IDENTIFIER" if place in _PLACES:
            _check_table(node, tables, text)
        case "MATCHER" if node.attribute("matcher_type") == "COLUMNS_REGEXP":
            raise _refused("COLUMNS with a regular expression", text, "COLUMNS", "name the columns")
        case "EXCEPT COLUMN TRANSFORMER" if node.attribute("except_transformer_type") != "COLUMN_LIST":
            raise _refused("EXCEPT with a regular expression", text, "EXCEPT", "name the columns")
        case "APPLY COLUMN TRANSFORMER":
            raise _refused("APPLY", text, "APPLY", "call the function on each column")
        case "SETTINGS":
            raise _refused("SETTINGS", text, "SETTINGS", "leave it out; limits are the server's")
        case "INTERPOLATE":
            raise _refused("INTERPOLATE", text, "INTERPOLATE", "leave it out")
        case "QUERY" | "UNION" if "recursive" in node.rest:
            raise _refused("WITH RECURSIVE", text, "RECURSIVE", "use numbers(n) to count")
        case _:
            return


def _check_table(node: Node, tables: Scope, text: str) -> None:
    name = node.attribute("identifier")
    if "sample_size" in node.rest:
        raise _refused("SAMPLE", text, "SAMPLE", "use LIMIT, or WHERE cityHash64(line) % 100 = 0")
    if name == _NO_TABLE or (name in tables and "." not in name):
        return
    raise QueryError(
        f"there is no table {name!r} here",
        position=locate(text, name.rsplit(".", 1)[-1]),
        cure=f"read from {' or '.join(VIEWS)}, or from a name that WITH defines before; see docs/sql.md",
        code=REFUSED,
    )


def _check_function(node: Node, text: str) -> None:
    name = node.attribute("function_name")
    if not is_allowed(name):
        raise QueryError(
            f"the function {name!r} is not available",
            position=locate(text, name),
            cure="docs/sql.md lists the functions that are",
            code=REFUSED,
        )
    arguments = node.section("ARGUMENTS")
    lower = name.lower()
    if lower in TYPED:
        _check_types(name, arguments, text)
    if lower in IN_FUNCTIONS and len(arguments) == 2 and arguments[1].kind == "IDENTIFIER":
        other = arguments[1].attribute("identifier")
        raise QueryError(
            f"IN {other} could mean a table or a column",
            position=locate(text, other.rsplit(".", 1)[-1]),
            cure=f"write IN (SELECT ... FROM {other}), or has({other}, ...) for an array",
            code=REFUSED,
        )


def _check_types(name: str, arguments: list[Node], text: str) -> None:
    """The name of a type must stand there as it is, and must not be that of an aggregation's state."""
    kind = arguments[-1] if arguments else None
    if kind is None or kind.kind != "CONSTANT":
        raise _refused(f"{name} to a type that is computed", text, name, "write the type as a string")
    if any("function(" in one.rest.lower().replace(" ", "") for one in arguments if one.kind == "CONSTANT"):
        raise _refused("the type AggregateFunction", text, "AggregateFunction", "aggregate to the end")


def _check_table_function(node: Node, text: str) -> None:
    name = node.attribute("table_function_name")
    if name not in TABLE_FUNCTIONS:
        raise QueryError(
            f"the table function {name!r} is not available",
            position=locate(text, name),
            cure=f"read from {' or '.join(VIEWS)}; numbers(n) and values(...) make rows of their own",
            code=REFUSED,
        )
    arguments = node.section("ARGUMENTS")
    if name == "numbers":
        counts = [_COUNT.search(argument.attribute("constant_value")) for argument in arguments]
        if not counts or any(one is None or int(one.group(1)) > MAX_NUMBERS for one in counts):
            raise _refused("numbers without a bound", text, name, f"write numbers(n), n up to {MAX_NUMBERS}")
    else:
        _check_literals(arguments, text)


def _check_literals(arguments: list[Node], text: str) -> None:
    for argument in arguments:
        for node in argument.walk():
            if node.kind == "CONSTANT" and "function(" in node.rest.lower().replace(" ", ""):
                raise _refused("the type AggregateFunction", text, "AggregateFunction", "write plain values")


def _refused(what: str, text: str, word: str, cure: str) -> QueryError:
    return QueryError(f"{what} is not available", position=locate(text, word), cure=cure, code=REFUSED)
