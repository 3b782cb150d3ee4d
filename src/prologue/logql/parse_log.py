"""Stream selectors and pipelines: everything of a log query but its filters.

Next chapter: `prologue.logql.parse_metric`, which puts log queries into ranges.
"""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType

from prologue.logql.cursor import Cursor
from prologue.logql.json_path import parse_json_path
from prologue.logql.line_pattern import LinePattern, check_parser_pattern, parse_line_pattern
from prologue.logql.log_nodes import (
    Decolorize,
    DropLabels,
    JsonExtraction,
    JsonParser,
    KeepLabels,
    LabelFilter,
    LabelFormat,
    LabelRename,
    LabelTemplate,
    LineFormat,
    LogfmtExtraction,
    LogfmtParser,
    LogQuery,
    Matcher,
    PatternParser,
    RegexpParser,
    Stage,
    UnpackParser,
)
from prologue.logql.parse_filters import (
    COMPARE_OPERATORS,
    LINE_OPERATORS,
    MATCH_OPERATORS,
    parse_condition,
    parse_line_filter,
    parse_matcher,
)
from prologue.logql.regex import scan_regex
from prologue.logql.template import parse_template
from prologue.logql.tokens import Kind

_BARE_STAGES = ("json", "logfmt", "unpack", "decolorize")
_FLAGS = ("--strict", "--keep-empty")


def parse_log_query(cursor: Cursor) -> LogQuery:
    """`{matchers} stages...`, ending where no stage follows (an `unwrap` is left to the caller)."""
    at = cursor.peek().offset
    return LogQuery(parse_selector(cursor), parse_pipeline(cursor), at)


def parse_selector(cursor: Cursor) -> tuple[Matcher, ...]:
    """`{a="b", c=~"d"}`; may be empty here, `checks` decides."""
    cursor.expect("{", 'a log query starts with a stream selector such as {app="checkout"}')
    matchers: list[Matcher] = []
    while not cursor.peek().is_operator("}"):
        matchers.append(parse_matcher(cursor))
        if not cursor.accept(","):
            break
    cursor.expect("}", "separate matchers with commas and close the selector with `}`")
    return tuple(matchers)


def parse_pipeline(cursor: Cursor) -> tuple[Stage, ...]:
    """Stages as long as there are any."""
    stages: list[Stage] = []
    while True:
        if cursor.peek().is_operator(*LINE_OPERATORS):
            stages.append(parse_line_filter(cursor))
        elif cursor.peek().is_operator("|") and not starts_unwrap(cursor):
            cursor.advance()
            stages.append(_stage(cursor))
        else:
            return tuple(stages)


def starts_unwrap(cursor: Cursor) -> bool:
    """Whether `| unwrap` follows, and not a filter on a label of that name."""
    return (
        cursor.peek().is_operator("|")
        and cursor.peek(1).is_word("unwrap")
        and not cursor.peek(2).is_operator(*MATCH_OPERATORS, *COMPARE_OPERATORS)
    )


def _names_stage(cursor: Cursor) -> bool:
    """Whether a stage's name follows, and not a label filter on a label of that name."""
    if cursor.peek().kind is not Kind.IDENTIFIER:
        return False
    if cursor.peek().is_word(*_BARE_STAGES) and cursor.peek(1).is_operator(*LINE_OPERATORS):
        return True  # `| json != "x"`: the parser, then a line filter
    return not cursor.peek(1).is_operator(*MATCH_OPERATORS, *COMPARE_OPERATORS)


def _stage(cursor: Cursor) -> Stage:
    word = cursor.peek()
    if _names_stage(cursor):
        parse = STAGES.get(word.text)
        if parse is None:
            otherwise = f'stages are {", ".join(STAGES)}, unwrap, and label filters such as level="error"'
            cursor.fail(
                f"unknown stage `{word.text}`", cursor.did_you_mean(word.text, tuple(STAGES), otherwise)
            )
        cursor.advance()
        return parse(cursor)
    if not (word.kind is Kind.IDENTIFIER or word.is_operator("(")):
        cure = 'write a stage such as `| json`, or a label filter such as `| level="error"`'
        cursor.fail(f"expected a stage, found {word.describe()}", cure)
    return LabelFilter(parse_condition(cursor))


def _json(cursor: Cursor) -> JsonParser:
    extractions: list[JsonExtraction] = []
    while cursor.peek().kind is Kind.IDENTIFIER:
        name = cursor.advance()
        path = cursor.expect_string("quote the path of the property") if cursor.accept("=") else None
        steps = cursor.inner(path, parse_json_path) if path else parse_json_path(name.text)
        extractions.append(JsonExtraction(name.text, steps, name.offset))
        if not _more(cursor):
            break
    return JsonParser(tuple(extractions))


def _logfmt(cursor: Cursor) -> LogfmtParser:
    flags: set[str] = set()
    while cursor.peek().kind is Kind.FLAG:
        if cursor.peek().text not in _FLAGS:
            cursor.fail(f"unknown flag `{cursor.peek().text}`", f"logfmt knows {' and '.join(_FLAGS)}")
        flags.add(cursor.advance().text)
    extractions: list[LogfmtExtraction] = []
    while cursor.peek().kind is Kind.IDENTIFIER:
        name = cursor.advance()
        key = cursor.expect_string("quote the name of the key") if cursor.accept("=") else name
        if not key.value:
            cursor.fail("the key is empty", f'write {name.text}="key"', key.offset)
        extractions.append(LogfmtExtraction(name.text, str(key.value), name.offset))
        if not _more(cursor):
            break
    return LogfmtParser("--strict" in flags, "--keep-empty" in flags, tuple(extractions))


def _more(cursor: Cursor) -> bool:
    """Whether a list goes on after a comma, which must then be followed by a name."""
    if not cursor.accept(","):
        return False
    if cursor.peek().kind is not Kind.IDENTIFIER:
        cursor.fail(f"expected a name after `,`, found {cursor.peek().describe()}", "remove the comma")
    return True


def _pattern(cursor: Cursor) -> PatternParser:
    text = cursor.expect_string("write the pattern: | pattern `<ip> - <_> <status>`")
    return PatternParser(cursor.inner(text, _parser_pattern))


def _parser_pattern(source: str) -> LinePattern:
    pattern = parse_line_pattern(source)
    check_parser_pattern(pattern)
    return pattern


def _regexp(cursor: Cursor) -> RegexpParser:
    cure = "name at least one group: | regexp `(?P<status>[0-9]+)`"
    text = cursor.expect_string(cure)
    groups = cursor.inner(text, scan_regex)
    names = tuple(name for name, _ in groups.named)
    if not names:
        cursor.fail("the expression has no named group", cure, text.offset)
    repeated = next((name for i, name in enumerate(names) if name in names[:i]), None)
    if repeated is not None:
        cursor.fail(f"the group `{repeated}` appears twice", "give each group its own name", text.offset)
    return RegexpParser(str(text.value), names, tuple(number for _, number in groups.named))


def _unpack(_cursor: Cursor) -> UnpackParser:
    return UnpackParser()


def _decolorize(_cursor: Cursor) -> Decolorize:
    return Decolorize()


def _line_format(cursor: Cursor) -> LineFormat:
    text = cursor.expect_string("write the template: | line_format `{{.status}} {{__line__}}`")
    return LineFormat(cursor.inner(text, parse_template))


def _label_format(cursor: Cursor) -> LabelFormat:
    cure = 'write new=old to rename, or new="{{.a}}-{{.b}}" to compute'
    formats: list[LabelRename | LabelTemplate] = []
    while True:
        name = cursor.expect_kind(Kind.IDENTIFIER, cure)
        cursor.expect("=", cure)
        if cursor.peek().kind is Kind.STRING:
            template = cursor.inner(cursor.advance(), parse_template)
            formats.append(LabelTemplate(name.text, template, name.offset))
        else:
            source = cursor.expect_kind(Kind.IDENTIFIER, cure)
            formats.append(LabelRename(name.text, source.text, name.offset))
        if not cursor.accept(","):
            return LabelFormat(tuple(formats))


def _drop(cursor: Cursor) -> DropLabels:
    return DropLabels(_labels(cursor))


def _keep(cursor: Cursor) -> KeepLabels:
    return KeepLabels(_labels(cursor))


def _labels(cursor: Cursor) -> tuple[str | Matcher, ...]:
    labels: list[str | Matcher] = []
    while True:
        if cursor.peek(1).is_operator(*MATCH_OPERATORS) and not _line_filter_follows(cursor):
            labels.append(parse_matcher(cursor))
        else:
            name = cursor.expect_kind(Kind.IDENTIFIER, 'name the labels: a, b="value", c=~"regex"')
            labels.append(name.text)
        if not cursor.accept(","):
            return tuple(labels)


def _line_filter_follows(cursor: Cursor) -> bool:
    """`drop a != "x"` is a matcher, as in Loki's grammar; only ip() makes it a line filter."""
    return cursor.peek(2).is_word("ip")


STAGES: MappingProxyType[str, Callable[[Cursor], Stage]] = MappingProxyType(
    {
        "json": _json,
        "logfmt": _logfmt,
        "pattern": _pattern,
        "regexp": _regexp,
        "unpack": _unpack,
        "line_format": _line_format,
        "label_format": _label_format,
        "decolorize": _decolorize,
        "drop": _drop,
        "keep": _keep,
    }
)
