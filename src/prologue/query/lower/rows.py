"""Rows on their way through a pipeline: a SELECT that grows stage by stage.

Nothing here runs. A stage adds a condition or a computed column. A condition on stored columns goes to
the innermost WHERE, wherever in the pipeline it stood, because that is where the engine can skip
granules and read other columns late. Anything that needs a computed column opens an outer SELECT, so
that every expression is computed once and the text stays short. Filters are not pushed down by the
engine (see `prologue.query.run`): it would compute a parsed column once for each filter on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from prologue.logql.lower.sql import Expr, both, column, label_column, stacked
from prologue.query.lower.environment import Environment
from prologue.query.streams import Scope, scope_condition

RAW_COLUMNS = (
    *("timestamp", "stream", "batch", "level", "severity_number", "severity_text", "body"),
    *("trace_id", "span_id", "attributes"),
)
_RAW = frozenset(RAW_COLUMNS)
_BODY = frozenset({"body"})


@dataclass(frozen=True, slots=True)
class Level:
    """One SELECT around the levels before it: joined stream labels, then columns, then conditions."""

    columns: tuple[tuple[str, Expr], ...] = ()
    conditions: tuple[Expr, ...] = ()
    join: str = ""

    def around(self, source: str) -> str:
        added = "".join(f", {value} AS {name}" for name, value in self.columns)
        where = both(self.conditions)
        condition = f" WHERE {where}" if where else ""
        return f"SELECT *{added} FROM {source}{self.join}{condition}"


@dataclass(frozen=True, slots=True)
class Rows:
    """`source` is a table or a SELECT in parentheses, `conditions` hold for its stored columns."""

    source: str
    scope: Scope
    env: Environment
    line: Expr
    conditions: tuple[Expr, ...] = ()
    levels: tuple[Level, ...] = ()
    joined: frozenset[str] = frozenset()
    serial: int = 0

    @property
    def sql(self) -> str:
        """The SELECT so far."""
        selects = self.source != "logs"
        text = f"SELECT {', '.join(RAW_COLUMNS)} FROM {self.source}{self._filters()}"
        if selects and not self.conditions:
            text = self.source.removeprefix("(").removesuffix(")")
        if not self.levels:
            return text
        around = (level.around for level in self.levels)
        return stacked(around, f"({text})", self.env.bindings).removeprefix("(").removesuffix(")")

    def _filters(self) -> str:
        """PREWHERE and WHERE. What the lines themselves must hold is asked first and of the body alone: few
        lines hold a needle, and only for those is another column read. A SELECT has no PREWHERE."""
        first = [c for c in self.conditions if self.source == "logs" and c.columns == _BODY]
        text = ""
        for word, conditions in (
            ("PREWHERE", first),
            ("WHERE", [c for c in self.conditions if c not in first]),
        ):
            if condition := both(conditions):
                text += f" {word} {condition}"
        return text

    def where(self, condition: Expr) -> Rows:
        """Only rows for which the condition holds."""
        if condition.columns <= _RAW and not condition.labels:
            return replace(self, conditions=(*self.conditions, condition))
        rows = self._ready(condition)
        last = rows.levels[-1] if rows.levels else Level()
        return rows._with_last(replace(last, conditions=(*last.conditions, condition)))

    def compute(self, value: Expr) -> tuple[Rows, Expr]:
        """The value as a column of its own."""
        rows = self._ready(value)
        name = f"c{rows.serial}"
        last = rows.levels[-1] if rows.levels else Level()
        rows = rows._with_last(replace(last, columns=(*last.columns, (name, value))))
        return replace(rows, serial=rows.serial + 1), column(name)

    def with_env(self, env: Environment) -> Rows:
        """The same rows with other labels."""
        return replace(self, env=env)

    def with_line(self, line: Expr) -> Rows:
        """The same rows with another line."""
        return replace(self, line=line)

    def _with_last(self, level: Level) -> Rows:
        return replace(self, levels=(*self.levels[:-1], level))

    def _ready(self, value: Expr) -> Rows:
        """Rows whose last level can hold the expression."""
        rows = self._with_labels(value.labels - self.joined)
        if not rows.levels:
            return replace(rows, levels=(Level(),))
        waiting = {name for name, _ in rows.levels[-1].columns}
        return replace(rows, levels=(*rows.levels, Level())) if waiting & value.columns else rows

    def _with_labels(self, names: frozenset[str]) -> Rows:
        if not names:
            return self
        right = stream_labels(self.scope, self.env, names)
        level = Level(join=f" AS l ANY LEFT JOIN ({right}) AS r USING (stream)")
        return replace(self, levels=(*self.levels, level, Level()), joined=self.joined | names)


def stream_labels(scope: Scope, env: Environment, names: frozenset[str]) -> str:
    """A SELECT of each stream's id and the labels of these names, one column each."""
    columns = "".join(
        f", any(labels[{env.bindings.text(name)}]) AS {label_column(name)}" for name in sorted(names)
    )
    return f"SELECT stream{columns} FROM streams WHERE {scope_condition(scope, env.bindings)} GROUP BY stream"


def joined_labels(source: str, rows: Rows) -> str:
    """A SELECT with each row's whole label map of its stream as `stream_labels`."""
    right = (
        "SELECT stream, CAST(any(labels), 'Map(String, String)') AS stream_labels FROM streams "
        f"WHERE {scope_condition(rows.scope, rows.env.bindings)} GROUP BY stream"
    )
    return f"(SELECT * FROM {source} AS l ANY LEFT JOIN ({right}) AS r USING (stream))"
