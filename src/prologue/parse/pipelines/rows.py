"""Lines on their way through a pipeline: a SELECT that grows stage by stage.

Nothing here runs. A stage reads fields, computes columns and sets fields; each column that depends on
another computed one opens a SELECT around those before, so that every expression is computed once. (The
engine is told not to merge them again, `query_plan_merge_expressions = 0`: merged, an expression is
evaluated in each branch that mentions it.)

Attributes live in two places. What came with the line, and what `json` and its like find, are maps.
Fields whose names a pipeline says are columns of their own until the end, when one map is made of all:
a map for each stage would cost more than the parsing.

One `Rows` belongs to one compilation and grows in place; what comes out of it is text.

Next chapter: `prologue.parse.pipelines.compile`, and the stages in `prologue.parse.stages`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from prologue.logql.lower.sql import EMPTY, Bindings, Expr, both, column, expr, stacked
from prologue.model.labels import sanitize_name
from prologue.parse.columns import RAW_COLUMNS
from prologue.parse.pipelines.document import Place
from prologue.parse.pipelines.nodes import Step

MAP = "Map(LowCardinality(String), String)"
ERROR, DETAILS = "__error__", "__error_details__"
ORIGINAL, PARSED_BY = "original_body", "parsed_by"
CARRIED = (*RAW_COLUMNS, "original", "failed", "chosen")
"""What is kept between two parts of a pipeline that a batch stage divides: the raw columns, the body as it
was where a stage replaced it, whether a stage failed on the line, and whether the batch stage is to touch
it."""

NO_STEP = Step("", None, Place("", 0, 0))
_TEXT_COLUMNS = ("body", "severity_text", "trace_id", "span_id", "tenant")


@dataclass(slots=True)
class _Level:
    """One SELECT around the ones before it."""

    columns: list[tuple[str, Expr]] = field(default_factory=list)
    conditions: list[Expr] = field(default_factory=list)

    def around(self, source: str) -> str:
        added = "".join(f", {value} AS {name}" for name, value in self.columns)
        where = both(self.conditions)
        return f"SELECT *{added} FROM {source}" + (f" WHERE {where}" if where else "")


@dataclass(frozen=True, slots=True)
class Failure:
    """Lines on which a stage failed: `__error__` is `kind`, and `details` says which stage and why."""

    failed: Expr
    kind: str
    details: str


class Rows:
    """`source` is a relation of RAW_COLUMNS, or of CARRIED where the Rows `carries`.

    `guard` is what must hold of a line for the stage that is being lowered to touch it; None: always.
    """

    def __init__(self, source: str, bindings: Bindings, *, carries: bool = False) -> None:
        self.bindings = bindings
        self.guard: Expr | None = None
        self._source = source
        self._levels: list[_Level] = []
        self._serial = 0
        self._columns: dict[str, Expr] = {name: column(name) for name in RAW_COLUMNS if name != "attributes"}
        self._maps: list[Expr] = [column("attributes")]
        self._fields: dict[str, Expr] = {}
        self._gone: list[tuple[str, Expr | None]] = []
        # Lines that an earlier part of the pipeline failed on, or None where there is no earlier part.
        self._failed: Expr | None = column("failed") if carries else None
        self._original: Expr | None = column("original") if carries else None
        self._failures: list[Failure] = []
        self._active: Expr | None = None
        self._step: Step = NO_STEP
        self._where = ""

    # What a line has.

    def column(self, name: str) -> Expr:
        """One of RAW_COLUMNS as it is now."""
        return self._columns[name]

    def value(self, name: str) -> Expr:
        """A field as text, '' where the line has none: a column of text, an attribute, or a label."""
        if name in _TEXT_COLUMNS:
            return self._columns[name]
        found = [value for key, value in self._fields.items() if name in (key, sanitize_name(key))]
        found += [self._kept(self._entry(entries, name), name) for entries in reversed(self._maps)]
        labels = self._columns["labels"]
        found.append(expr(f"JSONExtractString({labels}, {self.bindings.text(name)})", labels))
        return self._first(found)

    def attribute(self, name: str) -> Expr:
        """As `value`, but never a label."""
        found = [self._fields[name]] if name in self._fields else []
        entries = [self._entry(entries, name, dotted=False) for entries in reversed(self._maps)]
        found += [self._kept(entry, name) for entry in entries]
        return self._first(found)

    def set_already(self, name: str) -> Expr:
        """What the pipeline, or for a column the line, has under this name; '' for a mere attribute: setting
        a field to '' leaves the attribute that was there, so nothing need be looked up for that."""
        return self._columns[name] if name in self._columns else self._fields.get(name, EMPTY)

    def source(self, name: str) -> Expr:
        """A field that a stage parses: '' for lines that it must leave alone."""
        value = self.value(name)
        if self.guard is not None:
            value = expr(f"if({self.guard}, {value}, '')", self.guard, value)
        return value if value == column(value.sql) else self.compute(value)

    def attributes(self) -> Expr:
        """Every attribute in one map, a column of its own."""
        if len(self._maps) > 1 or self._fields or self._gone:
            self._maps = [self.compute(self._merged())]
            self._fields, self._gone = {}, []
        return self._maps[0]

    def replace_attributes(self, entries: Expr) -> None:
        """Another map in place of `attributes()`, which the caller has made of it."""
        assert not self._fields
        self._maps = [entries]

    def replace_body(self, value: Expr) -> None:
        """Another body, with no trace of what it was: for what must not be stored."""
        self._columns["body"] = value

    def names_condition(self, key: str, names: tuple[str, ...]) -> str:
        """Whether the SQL text `key` is one of the names, of which one may end in `*`."""
        return _names_condition(key, names, self.bindings)

    # What a stage does.

    def compute(self, value: Expr) -> Expr:
        """The value as a column of its own, evaluated once."""
        name = f"c{self._serial}"
        self._serial += 1
        self._level_for(value).columns.append((name, value))
        return column(name)

    def where(self, condition: Expr) -> None:
        """Only lines for which the condition holds."""
        self._level_for(condition).conditions.append(condition)

    def reshape(self, select: Callable[[str], str]) -> None:
        """Other rows instead of those of the source, before anything is computed: a SELECT of RAW_COLUMNS."""
        assert not self._levels
        self._source = f"({select(self._source)})"

    def found(self, name: str, value: Expr) -> None:
        """A field that was found in a `source`; '' leaves what was there."""
        old = self.set_already(name)
        if old != EMPTY:
            value = value if value == column(value.sql) else self.compute(value)
            value = expr(f"if({value} != '', {value}, {old})", value, old)
        self._set(name, value)

    def found_map(self, entries: Expr) -> None:
        """Attributes by names that only the line knows; empty values are none."""
        if self._fields or self._gone:
            self.attributes()
        self._maps.append(entries)

    def assign(self, name: str, value: Expr) -> None:
        """A field that does not come out of a `source`: set where the guard holds."""
        if self.guard is not None:
            old = self.set_already(name)
            value = expr(f"if({self.guard}, {value}, {old})", self.guard, value, old)
        self._set(name, value)

    def set_time(self, value: Expr) -> None:
        """The time the line says of itself, Nullable(DateTime64(9, 'UTC')), where the guard holds."""
        self.assign("sent", value)

    def remove(self, names: tuple[str, ...]) -> None:
        """Attributes that are no more; a name may end in `*`. Lines outside the guard keep theirs."""
        for name, value in list(self._fields.items()):
            if not _named(name, names):
                continue
            if self.guard is None:
                del self._fields[name]
            else:
                self._fields[name] = self.compute(expr(f"if({self.guard}, '', {value})", self.guard, value))
        self._gone += [(name, self.guard) for name in names if (name, None) not in self._gone]

    def fail(self, condition: Expr, kind: str, why: str) -> None:
        """What becomes of lines on which the stage failed. `condition` need not mind the guard."""
        step = self._step
        if step.on_error == "continue":
            return
        if self.guard is not None:
            condition = expr(f"{self.guard} AND ({condition})", self.guard, condition)
        failed = self.compute(expr(f"toBool({condition})", condition))
        if step.on_error == "drop":
            self.where(expr(f"NOT {failed}", failed))
            return
        self._failures.append(Failure(failed, kind, f"{self._where}: {why}"))
        self._active = None

    def begin(self, where: str, step: Step, *, always: bool = False) -> None:
        """The stages' turn: from here on `step` is lowered. `where` names it in `__error_details__`.

        `always`: the stage touches lines too on which an earlier one failed.
        """
        self._step, self._where = step, where
        self.guard = None if always else self.active

    def narrow(self, condition: Expr) -> None:
        """The stage touches only lines for which this holds too."""
        both_hold = (
            condition
            if self.guard is None
            else expr(f"{self.guard} AND ({condition})", self.guard, condition)
        )
        self.guard = self.compute(expr(f"toBool({both_hold})", both_hold))

    @property
    def active(self) -> Expr | None:
        """Whether no stage has failed on the line yet; None where none can have."""
        if self._active is None:
            failed = [failure.failed for failure in self._failures]
            failed += [self._failed] if self._failed is not None else []
            if not failed:
                return None
            self._active = self.compute(expr(f"NOT ({' OR '.join(f.sql for f in failed)})", *failed))
        return self._active

    @property
    def original(self) -> Expr | None:
        """The body before it was replaced; '' for lines whose body is as it came."""
        return self._original

    def keep_original(self, value: Expr) -> None:
        self._original = value

    # What comes out.

    def carried(self) -> str:
        """A SELECT of CARRIED, for the batch stage that has begun and what comes after it."""
        active = self.active
        flags = (
            f"{self._original or EMPTY} AS original",
            f"{'toUInt8(0)' if active is None else f'toUInt8(NOT {active})'} AS failed",
            f"{'toUInt8(1)' if self.guard is None else f'toUInt8({self.guard})'} AS chosen",
        )
        self._tell_failures()
        return self._select(self.attributes(), flags)

    def keep_what_came(self) -> None:
        """The attributes and the trace that the line came with, in place of what was found under their names.

        Only for rows that no batch stage has handed back: what it was given is what came.
        """
        came, found = column("attributes"), self.attributes()
        if found != came:
            kept = f"if(empty({came}), {found}, mapUpdate({found}, {came}))"
            self._maps = [self.compute(expr(kept, came, found))]
        for name in ("trace_id", "span_id"):
            old, new = column(name), self._columns[name]
            if new != old:
                self._columns[name] = self.compute(expr(f"if({old} != '', {old}, {new})", old, new))

    def finished(self, stamp: str, *, keep_original: bool) -> str:
        """A SELECT of RAW_COLUMNS: attributes in one map, with who parsed the line and what failed."""
        self._tell_failures()
        if keep_original and self._original is not None:
            self._fields[ORIGINAL] = self._original
        # What earlier pipelines said; never what a line says of itself.
        came, name, bound = column("attributes"), self.bindings.text(PARSED_BY), self.bindings.text(stamp)
        told = f"if(empty({came}), '', {came}[{name}])"
        before = self.compute(expr(told, came))
        said = f"if({before} = '', {bound}, concat({before}, ' ', {bound}))"
        self._fields[PARSED_BY] = self.compute(expr(said, before))
        return self._select(self.attributes())

    def _tell_failures(self) -> None:
        if not self._failures:
            return
        failed = [failure.failed for failure in self._failures]
        kinds = [self.bindings.text(failure.kind) for failure in self._failures]
        details = [self.bindings.text(failure.details) for failure in self._failures]
        for name, texts in ((ERROR, kinds), (DETAILS, details)):
            branches = ", ".join(f"{f}, {text}" for f, text in zip(failed, texts, strict=True))
            old = self.set_already(name)
            self._fields[name] = self.compute(expr(f"multiIf({branches}, {old})", old, *failed))

    def selected(self, columns: str) -> str:
        """A SELECT of these over all that was computed."""
        selects = [level.around for level in self._levels]
        text = stacked(
            [*selects, lambda source: f"SELECT {columns} FROM {source}"], self._source, self.bindings
        )
        return text.removeprefix("(").removesuffix(")")

    def _select(self, attributes: Expr, flags: tuple[str, ...] = ()) -> str:
        values = {**self._columns, "attributes": attributes}
        return self.selected(", ".join([*(f"{values[name]} AS {name}" for name in RAW_COLUMNS), *flags]))

    def _set(self, name: str, value: Expr) -> None:
        value = value if value == column(value.sql) else self.compute(value)
        if name == "body":
            self._note_original(value)
        if name in self._columns:
            self._columns[name] = value
        else:
            self._fields[name] = value

    def _note_original(self, value: Expr) -> None:
        """The first change of a line's body keeps what it was: nothing that was sent is lost."""
        body = self._columns["body"]
        if self._original is None:
            kept = expr(f"if({value} = {body}, '', {body})", value, body)
        else:
            kept = expr(
                f"multiIf({self._original} != '', {self._original}, {value} = {body}, '', {body})",
                self._original,
                value,
                body,
            )
        self._original = self.compute(kept)

    def _merged(self) -> Expr:
        entries = self._maps[0]
        for more in self._maps[1:]:
            sql = f"if(empty({entries}), {more}, mapUpdate({entries}, {more}))"
            entries = self.compute(expr(sql, entries, more))
        if self._gone:
            tests, guards = [], []
            for guard in dict.fromkeys(guard for _, guard in self._gone):
                gone = tuple(name for name, other in self._gone if other == guard)
                test = _names_condition("k", gone, self.bindings)
                tests.append(f"({test})" if guard is None else f"({guard} AND ({test}))")
                guards += [guard] if guard is not None else []
            kept = f"mapFilter((k, v) -> NOT ({' OR '.join(tests)}), {entries})"
            entries = expr(f"if(empty({entries}), {entries}, {kept})", entries, *guards)
        if not self._fields:
            return entries
        entries = entries if entries == column(entries.sql) else self.compute(entries)
        names = self.bindings.texts(self._fields)
        values = list(self._fields.values())
        listed = f"[{', '.join(value.sql for value in values)}]"
        own = self.compute(expr(f"mapFilter((k, v) -> v != '', CAST(({names}, {listed}), '{MAP}'))", *values))
        return expr(f"if(empty({entries}), {own}, mapUpdate({entries}, {own}))", entries, own)

    def _entry(self, entries: Expr, name: str, *, dotted: bool = True) -> Expr:
        """A map's entry; a name of words joined by `_` also finds the one joined by `.`."""
        exact = f"{entries}[{self.bindings.text(name)}]"
        other = name.replace("_", ".").strip(".")
        if not dotted or "_" not in name or name.startswith("_"):
            return expr(exact, entries)
        return expr(f"if({exact} != '', {exact}, {entries}[{self.bindings.text(other)}])", entries)

    def _first(self, values: list[Expr]) -> Expr:
        """The first value that is not empty."""
        values = [value for value in values if value != EMPTY]
        if not values:
            return EMPTY
        *before, last = values
        named = [value if value == column(value.sql) else self.compute(value) for value in before]
        if not named:
            return last
        branches = ", ".join(f"{value} != '', {value}" for value in named)
        return expr(f"multiIf({branches}, {last})", *named, last)

    def _kept(self, entry: Expr, name: str) -> Expr:
        """A map's entry, unless it was removed."""
        guards = [guard for other, guard in self._gone if _named(name, (other,))]
        if None in guards:
            return EMPTY
        for guard in guards:
            if guard is not None:
                entry = expr(f"if({guard}, '', {entry})", guard, entry)
        return entry

    def _level_for(self, value: Expr) -> _Level:
        """The last SELECT, or a new one where the value needs what the last one computes."""
        if not self._levels:
            self._levels.append(_Level())
        last = self._levels[-1]
        computed = {name for name, _ in last.columns}
        if (computed & value.columns) or last.conditions:
            self._levels.append(_Level())
        return self._levels[-1]


def _named(name: str, names: tuple[str, ...]) -> bool:
    return any(name.startswith(n[:-1]) if n.endswith("*") else name == n for n in names)


def _names_condition(key: str, names: tuple[str, ...], bindings: Bindings) -> str:
    exact = [name for name in names if not name.endswith("*")]
    tests = [f"startsWith({key}, {bindings.text(name[:-1])})" for name in names if name.endswith("*")]
    if exact:
        tests.append(f"{key} IN {bindings.texts(exact)}")
    return " OR ".join(tests)
