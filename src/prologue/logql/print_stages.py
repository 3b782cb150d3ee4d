"""Pipeline stages back to text; see `printer`."""

from __future__ import annotations

from prologue.logql.json_path import print_json_path
from prologue.logql.log_nodes import (
    And,
    BytesComparison,
    Condition,
    Decolorize,
    DropLabels,
    DurationComparison,
    IpMatch,
    JsonParser,
    KeepLabels,
    LabelFilter,
    LabelFormat,
    LabelRename,
    LineFilter,
    LineFormat,
    LogfmtParser,
    Matcher,
    Needle,
    NumberComparison,
    Or,
    PatternParser,
    RegexpParser,
    Stage,
)
from prologue.logql.quoting import quote
from prologue.logql.units import format_bytes, format_duration


def print_stage(stage: Stage) -> str:
    """One stage, with the `|` that leads to it."""
    if isinstance(stage, LineFilter):
        return f"{stage.op} " + " or ".join(map(_needle, stage.needles))
    return "| " + _after_pipe(stage)


def _after_pipe(stage: Stage) -> str:
    match stage:
        case LabelFilter(condition):
            return _condition(condition)
        case JsonParser():
            return _json(stage)
        case LogfmtParser():
            return _logfmt(stage)
        case PatternParser(pattern):
            return f"pattern {quote(pattern.source)}"
        case RegexpParser(pattern):
            return f"regexp {quote(pattern)}"
        case LineFormat(template):
            return f"line_format {quote(template.source)}"
        case LabelFormat():
            return _label_format(stage)
        case Decolorize():
            return "decolorize"
        case DropLabels(labels):
            return f"drop {_labels(labels)}"
        case KeepLabels(labels):
            return f"keep {_labels(labels)}"
        case _:
            return "unpack"


def print_number(value: float) -> str:
    """The shortest decimal that reads back as the same float.

    >>> print_number(5.0), print_number(1e21), print_number(0.25)
    ('5', '1e+21', '0.25')
    """
    return (
        str(int(value)) if value.is_integer() and abs(value) < 1e15 and str(value) != "-0.0" else repr(value)
    )


def print_matcher(matcher: Matcher) -> str:
    """`name="value"`."""
    return f"{matcher.name}{matcher.op}{quote(matcher.value)}"


def _needle(needle: Needle) -> str:
    return f"ip({quote(needle.text)})" if needle.is_ip else quote(needle.text)


def _condition(condition: Condition) -> str:
    match condition:
        case And(parts):
            return " and ".join(map(_part, parts))
        case Or(parts):
            return " or ".join(map(_part, parts))
        case Matcher():
            return print_matcher(condition)
        case IpMatch(name, pattern, negative):
            return f"{name} {'!=' if negative else '='} ip({quote(pattern)})"
        case NumberComparison(name, op, value):
            return f"{name} {op} {print_number(value)}"
        case DurationComparison(name, op, value):
            return f"{name} {op} {format_duration(value)}"
        case BytesComparison(name, op, value):
            return f"{name} {op} {format_bytes(value)}"


def _part(part: Condition) -> str:
    # Always in parentheses, so that what is printed does not lean on the left-to-right rule.
    return f"({_condition(part)})" if isinstance(part, And | Or) else _condition(part)


def _json(stage: JsonParser) -> str:
    items = ", ".join(f"{one.name}={quote(print_json_path(one.path))}" for one in stage.extractions)
    return f"json {items}" if items else "json"


def _logfmt(stage: LogfmtParser) -> str:
    words = ["logfmt"]
    words += ["--strict"] if stage.strict else []
    words += ["--keep-empty"] if stage.keep_empty else []
    items = ", ".join(f"{one.name}={quote(one.key)}" for one in stage.extractions)
    return " ".join([*words, items] if items else words)


def _label_format(stage: LabelFormat) -> str:
    items = (
        f"{one.target}={one.source}"
        if isinstance(one, LabelRename)
        else f"{one.target}={quote(one.template.source)}"
        for one in stage.formats
    )
    return f"label_format {', '.join(items)}"


def _labels(labels: tuple[str | Matcher, ...]) -> str:
    return ", ".join(label if isinstance(label, str) else print_matcher(label) for label in labels)
