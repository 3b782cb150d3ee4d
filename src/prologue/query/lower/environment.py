"""What a label's name means at a place in a pipeline, as an SQL expression.

A line's labels come from three places: its stream, its structured metadata, and what the pipeline
parsed or formatted. The pipeline is kept as a list of changes; asking for a label walks it backwards
to the change that decided, so only what is asked for is ever computed. Rules, as Loki documents them:

- a stream's label wins over metadata of the same name, and both win over what is parsed: the loser is
  visible as `<name>_extracted`;
- a key that is parsed twice keeps its first value;
- `label_format`, `drop` and `keep` decide for everything before them;
- `__error__` and `__error_details__` survive `keep`.

Next chapter: `prologue.query.lower.label_maps`, the same rules for all labels at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Protocol

from prologue.logql.log_nodes import Matcher, MatchOp
from prologue.logql.lower.matchers import match_condition
from prologue.logql.lower.sql import EMPTY, NO, Bindings, Expr, expr, label_column
from prologue.query.lower.metadata import metadata_value

EXTRACTED = "_extracted"
ERROR = "__error__"
ERROR_DETAILS = "__error_details__"
ERROR_LABELS = (ERROR, ERROR_DETAILS)


class Layer(Protocol):
    """What one parser found in a line."""

    def value(self, name: str, bindings: Bindings) -> Expr:
        """The parsed value under a label's name, empty where there is none."""
        ...

    def labels(self) -> Expr:
        """Everything parsed: a Map of label names, each once, no empty values."""
        ...


@dataclass(frozen=True, slots=True)
class Parsed:
    """A parser ran."""

    layer: Layer


@dataclass(frozen=True, slots=True)
class Assigned:
    """`label_format`: these labels were set, all at once; an empty value removes the label."""

    values: Mapping[str, Expr]


@dataclass(frozen=True, slots=True)
class Filtered:
    """`drop` (or `keep`) of names, or of names whose value matches.

    `values` are what is left of the labels that matchers name.
    """

    labels: tuple[str | Matcher, ...]
    keep: bool
    values: Mapping[str, Expr]


Change = Parsed | Assigned | Filtered


@dataclass(frozen=True, slots=True)
class Environment:
    """Labels at one place. `stream_names` are those any selected stream has.

    `everywhere` are those that all of them have.

    `error` and `details` are what the pipeline itself found wrong (empty where nothing was);
    `preserved` is 1 where a filter on `__error__` asked to keep an errored line. `now` is the server's
    time in ns.
    """

    stream_names: frozenset[str]
    everywhere: frozenset[str]
    bindings: Bindings
    changes: tuple[Change, ...] = ()
    error: Expr = EMPTY
    details: Expr = EMPTY
    preserved: Expr = NO
    detected_level: bool = True
    now: int = 0

    def after(self, change: Change) -> Environment:
        return replace(self, changes=(*self.changes, change))

    def value(self, name: str) -> Expr:
        """The label's value, empty where there is none."""
        return _value(self, name, len(self.changes))


def _value(env: Environment, name: str, upto: int) -> Expr:
    if upto == 0:
        return first_of(_original(env, name), *(_shadowed_metadata(env, name)))
    change = env.changes[upto - 1]
    if isinstance(change, Assigned):
        return change.values[name] if name in change.values else _value(env, name, upto - 1)
    if isinstance(change, Filtered):
        return _filtered(env, change, name, upto)
    before = _value(env, name, upto - 1)
    found = [before, change.layer.value(name, env.bindings)]
    plain = name.removesuffix(EXTRACTED)
    if plain != name and plain:
        shadow = _original(env, plain)
        value = change.layer.value(plain, env.bindings)
        found.append(expr(f"if({shadow} != '', {value}, '')", shadow, value))
    return _with_errors(env, name, first_of(*found))


def _with_errors(env: Environment, name: str, value: Expr) -> Expr:
    own = {ERROR: env.error, ERROR_DETAILS: env.details}.get(name, EMPTY)
    return first_of(own, value)


def _original(env: Environment, name: str) -> Expr:
    """Before any stage: the stream's label, else metadata."""
    metadata = metadata_value(name, env.bindings, detected_level=env.detected_level)
    if name in env.stream_names:
        own = Expr(label_column(name), frozenset({"stream"}), frozenset({name}))
        return own if name in env.everywhere else first_of(own, metadata)
    return _with_errors(env, name, metadata)


def _shadowed_metadata(env: Environment, name: str) -> tuple[Expr, ...]:
    """Metadata that a stream's label hides shows as `<name>_extracted`."""
    plain = name.removesuffix(EXTRACTED)
    if plain == name or plain not in env.stream_names:
        return ()
    own = label_column(plain)
    hidden = metadata_value(plain, env.bindings, detected_level=env.detected_level)
    label = Expr(own, frozenset({"stream"}), frozenset({plain}))
    return (expr(f"if({label} != '', {hidden}, '')", label, hidden),)


def _filtered(env: Environment, change: Filtered, name: str, upto: int) -> Expr:
    before = _value(env, name, upto - 1)
    if change.keep and name in ERROR_LABELS:
        return before
    if name in change.labels:
        return before if change.keep else EMPTY
    return change.values.get(name, EMPTY if change.keep else before)


def filtered_value(value: Expr, matchers: Iterable[Matcher], bindings: Bindings, *, keep: bool) -> Expr:
    """What `drop` or `keep` leaves of a label that these matchers name."""
    hits = (match_condition(value.sql, m.op, m.value, bindings) for m in matchers)
    matches = " OR ".join(f"({hit})" for hit in hits)
    return expr(f"if({matches}, {value}, '')" if keep else f"if({matches}, '', {value})", value)


def first_of(*values: Expr) -> Expr:
    """The first value that is not empty. Each stands in the text once, so that chains stay short."""
    real = [value for value in dict.fromkeys(values) if value != EMPTY]
    if len(real) < 2:
        return real[0] if real else EMPTY
    tried = ", ".join(f"nullIf({value}, '')" for value in real[:-1])
    return expr(f"coalesce({tried}, {real[-1]})", *real)


def asks_for_errors(matcher: Matcher) -> bool:
    """Whether a matcher on `__error__` lets an errored line through."""
    return matcher.name == ERROR and not (matcher.op is MatchOp.EQUAL and matcher.value == "")
