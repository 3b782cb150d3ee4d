"""SQL answered with a table: read, check, surround with the views, run under limits.

Next chapter: `prologue.query.tabular.result`, what becomes of the rows.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

import pyarrow as pa

from prologue.logql.lower.sql import Bindings, Statement, checked
from prologue.model.errors import EngineError, Position, QueryError
from prologue.query.request import Limits
from prologue.query.run import Reader
from prologue.query.sqlapi.canonical import REFUSED, Canonical, Value, canonical, locate
from prologue.query.sqlapi.check import check
from prologue.query.sqlapi.tree import Node, parse_tree
from prologue.query.sqlapi.views import EARLIEST, LATEST, VIEWS, definitions, joined_columns
from prologue.query.streams import Scope
from prologue.query.tabular.result import JsonRows, arrow_table, json_rows

MAX_ROWS = 1_000_000
"""Most rows of one answer."""
MAX_RESULT_BYTES = 1 << 30


@dataclass(frozen=True, slots=True)
class SqlQuestion:
    """`start <= timestamp < end` in Unix ns bounds what `logs` holds; `limit` cuts the answer."""

    text: str
    tenant: str
    start: int = EARLIEST
    end: int = LATEST
    limit: int | None = None
    parameters: Mapping[str, Value] = field(default_factory=dict)


class SqlTables:
    """Answers SQL with tables. Thread-safe, as the reader is."""

    def __init__(self, reader: Reader, limits: Limits | None = None) -> None:
        self._reader = reader
        self._limits = limits or Limits()
        self._database: tuple[str, tuple[str, ...]] | None = None

    def arrow(self, question: SqlQuestion) -> pa.Table:
        """Raises `QueryError` for the user's mistakes and `LimitError` where a limit ends the query."""
        statement = self.statement(question)
        return _answered(
            lambda: arrow_table(statement, lambda one: self.run(one, question.tenant)), question.text
        )

    def json(self, question: SqlQuestion) -> JsonRows:
        """As `arrow`."""
        statement = self.statement(question)
        return _answered(
            lambda: json_rows(statement, lambda one: self.run(one, question.tenant)), question.text
        )

    def statement(self, question: SqlQuestion) -> Statement:
        """The SELECT that runs, for a question that is allowed."""
        printed = canonical(question.text, question.parameters, self._read)
        tree = self._tree(printed)
        check(tree, question.text)
        bindings = Bindings()
        scope = Scope(question.tenant, question.start, question.end)
        views = definitions(self._stored()[0], scope, bindings, joined=_needs_join(tree))
        limit = "" if question.limit is None else f" LIMIT {bindings.integer(question.limit)}"
        sql = f"WITH {views} SELECT * FROM ({printed.sql}){limit}"
        return Statement(sql, {**printed.parameters, **bindings.values})

    def _tree(self, printed: Canonical) -> Node:
        """The engine's tree of the user's statement, below a SELECT of ours around it."""
        sql = f"SELECT explain FROM (EXPLAIN QUERY TREE run_passes = 0 SELECT * FROM ({printed.sql}))"
        try:
            lines = self._read(Statement(sql, printed.parameters))["explain"].to_pylist()
            return parse_tree(str(line) for line in lines)
        except EngineError as error:
            if "SYNTAX_ERROR" not in error.message:
                raise QueryError(
                    f"the engine does not take this: {_told(error.message)}", cure="write it more plainly"
                ) from error
            # Only a SELECT can stand in parentheses.
            raise QueryError(
                "only one SELECT can be asked, with WITH and UNION as needed",
                position=Position(1, 1, 0),
                cure="send a SELECT without FORMAT, INTO OUTFILE and the like; see docs/sql.md",
                code=REFUSED,
            ) from error
        except ValueError as error:
            raise QueryError(
                "the SQL has a construct that is not available here",
                cure="write it more plainly: docs/sql.md says what is available",
                code=REFUSED,
            ) from error

    def _read(self, statement: Statement) -> pa.Table:
        """What reads no table."""
        return self._reader.arrow(statement.sql, statement.parameters, _PARSING)

    def run(self, statement: Statement, tenant: str) -> pa.Table:
        """Any SELECT, read-only, within the limits, on tables that the engine filters by tenant."""
        limits = self._limits
        filters = ", ".join(
            f"{_literal(table)}: {_literal(condition)}" for table, condition in self._filters(tenant)
        )
        settings: dict[str, str | int | float] = {
            "max_execution_time": limits.timeout_seconds,
            "max_memory_usage": limits.memory_bytes,
            "max_rows_to_read": limits.read_rows,
            "max_bytes_to_read": limits.read_bytes,
            "max_threads": limits.threads,
        }
        settings = {name: value for name, value in settings.items() if value}
        settings |= _READING | {"additional_table_filters": f"{{{filters}}}"}
        return self._reader.arrow(statement.sql, statement.parameters, settings)

    def _filters(self, tenant: str) -> Iterator[tuple[str, str]]:
        """Every table and which of its rows the engine may read: the tenant's own, or none."""
        database, tables = self._stored()
        for table in tables:
            yield f"{database}.{table}", f"tenant = {_literal(tenant)}" if table in VIEWS else "0"

    def _stored(self) -> tuple[str, tuple[str, ...]]:
        """The database and every table in it, asked once: migrations have run before questions come."""
        if self._database is None:
            sql = "SELECT name FROM system.tables WHERE database = currentDatabase()"
            names = self._reader.arrow(sql)["name"].to_pylist()
            found = self._reader.arrow("SELECT currentDatabase() AS name")["name"][0].as_py()
            self._database = (checked(str(found)), tuple(str(name) for name in names))
        return self._database


_PARSING: dict[str, str | int | float] = {"readonly": 2, "max_execution_time": 5, "log_queries": 0}
_READING: dict[str, str | int | float] = {
    "readonly": 2,
    "allow_introspection_functions": 0,
    "allow_ddl": 0,
    "max_result_rows": MAX_ROWS,
    "max_result_bytes": MAX_RESULT_BYTES,
    "result_overflow_mode": "throw",
    # The views are definitions around the statement: they must be seen in all of it.
    "enable_global_with_statement": 1,
    # An ORDER BY of the user is the answer's order, whatever stands around it.
    "query_plan_remove_redundant_sorting": 0,
}


def _needs_join(tree: Node) -> bool:
    """Whether the statement may read a column that is found through the line's stream."""
    joined = joined_columns()
    # The asterisk around the statement is ours.
    waiting = [section for section in tree.children[0].children if section.kind != "PROJECTION"]
    while waiting:
        node = waiting.pop()
        if node.kind == "MATCHER":
            return True
        if node.kind == "IDENTIFIER" and not joined.isdisjoint(node.attribute("identifier").split(".")):
            return True
        if node.kind != "FUNCTION" or node.attribute("function_name").lower() != "count":
            waiting.extend(node.children)
        else:
            # The asterisk of count(*) reads nothing.
            waiting.extend(one for one in node.section("ARGUMENTS") if one.kind != "MATCHER")
    return False


def _literal(text: str) -> str:
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


Answered = TypeVar("Answered")


def _answered(ask: Callable[[], Answered], text: str) -> Answered:
    """What the engine refuses in a statement of the user's is the user's to mend."""
    try:
        return ask()
    except EngineError as error:
        if _MIXED.search(error.message):
            raise QueryError(
                "a column of the answer has values of several types, which no table can carry",
                cure="give each branch of UNION the same types, or convert with toString",
                code="sql_error",
            ) from error
        if _OURS.search(error.message):
            raise
        named = _UNKNOWN.search(error.message)
        raise QueryError(
            f"the engine cannot answer this: {_told(error.message)}",
            position=locate(text, named.group(1)) if named else None,
            cure="docs/sql.md lists the columns and functions",
            code="sql_error",
        ) from error


# LOGICAL_ERROR and its like are defects, whoever's statement meets them.
_OURS = re.compile(r"Code: (?:49|1002)\.")
# The Arrow writer on a union of types of which one is dictionary-encoded.
_MIXED = re.compile(r"Dictionary replacement detected")
_UNKNOWN = re.compile(r"identifier [`'](?:\w+\.)*(\w+)[`']")


def _told(message: str) -> str:
    """The engine's words without its code and name, and without the statement around them."""
    plain = re.sub(r"^Code: \d+\. DB::Exception: |\s*\([A-Z_]+\)$", "", message)
    return re.sub(r"\.? In scope .*", "", plain, flags=re.DOTALL).strip()[:1000]
