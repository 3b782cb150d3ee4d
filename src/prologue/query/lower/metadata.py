"""Structured metadata: columns of their own, and a map whose keys are as they were sent.

At query time a name is a label name: `k8s.pod` is `k8s_pod`. Keys are not rewritten when they are
stored, so looking one up tries the key itself and then any key that would be written that way.
"""

from __future__ import annotations

import re

from prologue.logql.lower.sql import EMPTY, Bindings, Expr, column, expr

_ANY = "[^a-zA-Z0-9]"
COLUMNS = ("trace_id", "span_id", "severity_text")
ATTRIBUTES = column("attributes")
IDENTITY = ("level", "trace_id", "span_id", "severity_text", "severity_number", "attributes")
"""Every column metadata is made of: lines that agree in them have equal metadata."""


def metadata_value(name: str, bindings: Bindings, *, detected_level: bool) -> Expr:
    """The metadata under a label's name, empty where there is none."""
    attribute = _attribute(name, bindings)
    if name == "detected_level":
        return _level(detected_level, attribute)
    if name in COLUMNS:
        own = Expr(f"toString({name})", frozenset({name}))
        return expr(f"if({own} != '', {own}, {attribute})", own, attribute)
    if name == "severity_number":
        number = Expr(
            "if(severity_number = 0, '', toString(severity_number))", frozenset({"severity_number"})
        )
        return expr(f"if({number} != '', {number}, {attribute})", number, attribute)
    return attribute


def _level(detected: bool, attribute: Expr) -> Expr:
    return Expr("toString(level)", frozenset({"level"})) if detected else attribute


def _attribute(name: str, bindings: Bindings) -> Expr:
    if not name:
        return EMPTY
    exact = f"attributes[{bindings.text(name)}]"
    if "_" not in name:
        return expr(exact, ATTRIBUTES)
    pattern = bindings.text(attribute_pattern(name))
    written = f"mapValues(attributes)[arrayFirstIndex(k -> match(k, {pattern}), mapKeys(attributes))]"
    return expr(f"if(mapContains(attributes, {bindings.text(name)}), {exact}, {written})", ATTRIBUTES)


def attribute_pattern(name: str) -> str:
    """A regular expression for every key that is written as `name` when it becomes a label name."""
    # A name that starts with a digit was given a `_` in front.
    starts_with_digit = re.match(r"_[0-9]", name) is not None
    pattern = name.replace("_", _ANY)
    return f"^{_ANY}?{pattern[len(_ANY) :]}$" if starts_with_digit else f"^{pattern}$"
