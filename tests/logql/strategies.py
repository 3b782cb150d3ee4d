"""Hypothesis strategies for whole LogQL trees: everything the parser can produce, and nothing else."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import strategies as st

from prologue.logql.json_path import JsonPath
from prologue.logql.line_pattern import Capture, LinePattern, Literal
from prologue.logql.log_nodes import (
    And,
    BytesComparison,
    CompareOp,
    Condition,
    Decolorize,
    DropLabels,
    DurationComparison,
    IpMatch,
    JsonExtraction,
    JsonParser,
    KeepLabels,
    LabelFilter,
    LabelFormat,
    LabelRename,
    LabelTemplate,
    LineFilter,
    LineFormat,
    LineOp,
    LogfmtExtraction,
    LogfmtParser,
    LogQuery,
    Matcher,
    MatchOp,
    Needle,
    NumberComparison,
    Or,
    PatternParser,
    RegexpParser,
    Stage,
    UnpackParser,
)
from prologue.logql.metric_nodes import (
    BinaryOp,
    BinaryOperation,
    Conversion,
    Grouping,
    GroupSide,
    LabelReplace,
    LogRange,
    Matching,
    Metric,
    NumberLiteral,
    RangeAggregation,
    RangeOp,
    Unwrap,
    VectorAggregation,
    VectorLiteral,
    VectorOp,
)
from prologue.logql.template import parse_template

WORDS = ["or", "and", "by", "on", "ip", "unwrap", "offset", "bool", "drop", "rate", "sum", "without"]
names = st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,5}", fullmatch=True) | st.sampled_from(WORDS)
# "or" and "and" are operators wherever a label filter could go on; `| json != "x"` is a parser and a
# line filter. Both as in Loki's own grammar.
RESERVED = ("or", "and", "unless", "json", "logfmt", "unpack", "decolorize")
labels = names.filter(lambda name: name not in RESERVED)
# Any text, and bytes that are not UTF-8 as lone surrogates. A raw string drops carriage returns.
texts = st.text(max_size=12) | st.binary(max_size=6).map(lambda raw: raw.decode("utf-8", "surrogateescape"))
REGEXES = ["a", "a.*", "(?i)err|warn", r"\d+", '[a-z"`]+', "x{2,5}", "(?:a)(b)", r"\\", r"\Q(\E"]
regexes = st.sampled_from(REGEXES)
NAMED = [
    ("(?P<x>a)", ("x",), (1,)),
    ("(a)(?P<x>b)(?:c)(?P<y>d)", ("x", "y"), (2, 3)),
]
TEMPLATES = ["", "x", "{{.a}}", '{{ .a | replace "x" "y" }}', "{{if .a}}\n{{else}}`{{end}}", '"\\']
templates = st.sampled_from(TEMPLATES).map(parse_template)
IPS = ["1.2.3.4", "10.0.0.0/8", "::1", "192.168.0.1-192.168.0.9"]
floats = st.floats(allow_nan=False, allow_infinity=False)
durations = st.integers(0, 2**63 - 1)


@st.composite
def matchers(draw: st.DrawFn) -> Matcher:
    op = draw(st.sampled_from(MatchOp))
    return Matcher(draw(labels), op, draw(regexes if "~" in op else texts))


@st.composite
def line_patterns(draw: st.DrawFn, captures: st.SearchStrategy[str], *, needs_name: bool) -> LinePattern:
    text = st.from_regex(r"[a-z \"`\n:]{1,4}", fullmatch=True)
    taken = draw(st.lists(captures, min_size=1, max_size=3, unique_by=lambda c: c if c != "_" else object()))
    parts: list[Literal | Capture] = [Literal(draw(text))] if draw(st.booleans()) else []
    for index, name in enumerate(taken):
        parts += ([Literal(draw(text))] if index else []) + [Capture(name)]
    if needs_name and all(name == "_" for name in taken):
        parts += [Literal("-"), Capture("named")]
    return LinePattern(tuple(parts))


@st.composite
def line_filters(draw: st.DrawFn) -> LineFilter:
    op = draw(st.sampled_from(LineOp))
    if op in (LineOp.PATTERN, LineOp.NOT_PATTERN):
        text = line_patterns(st.just("_"), needs_name=False).map(lambda pattern: Needle(pattern.source))
    elif op in (LineOp.REGEX, LineOp.NOT_REGEX):
        text = regexes.map(Needle)
    else:
        text = texts.map(Needle) | st.sampled_from(IPS).map(lambda ip: Needle(ip, is_ip=True))
    return LineFilter(op, tuple(draw(st.lists(text, min_size=1, max_size=3))))


compare_ops = st.sampled_from(CompareOp)
predicates = st.one_of(
    matchers(),
    st.builds(NumberComparison, labels, compare_ops, floats),
    st.builds(DurationComparison, labels, compare_ops, durations | durations.map(lambda ns: -ns)),
    st.builds(BytesComparison, labels, compare_ops, st.integers(0, 2**64 - 1)),
    st.builds(IpMatch, labels, st.sampled_from(IPS), st.booleans()),
)


def _chains(children: st.SearchStrategy[Condition]) -> st.SearchStrategy[Condition]:
    def build(kind: type[And] | type[Or], parts: list[Condition]) -> Condition:
        return kind(tuple(part for part in parts if not isinstance(part, kind)) or (parts[0],))

    chains = st.builds(build, st.sampled_from((And, Or)), st.lists(children, min_size=2, max_size=4))
    return chains.filter(lambda chain: isinstance(chain, And | Or) and len(chain.parts) > 1)


conditions = st.recursive(predicates, _chains, max_leaves=6)
# The same tree: a chain never holds a chain of its own kind, the parser flattens it.
label_filters = conditions.map(LabelFilter)
json_paths = st.lists(st.text(max_size=5) | st.integers(0, 99), min_size=1, max_size=4).map(
    lambda steps: JsonPath(tuple(steps))
)
named_labels = st.lists(labels | matchers(), min_size=1, max_size=3).map(tuple)


@st.composite
def label_formats(draw: st.DrawFn) -> LabelFormat:
    targets = draw(st.lists(labels, min_size=1, max_size=3, unique=True))
    return LabelFormat(
        tuple(
            draw(st.builds(LabelRename, st.just(t), labels) | st.builds(LabelTemplate, st.just(t), templates))
            for t in targets
        )
    )


stages: st.SearchStrategy[Stage] = st.one_of(
    line_filters(),
    label_filters,
    st.lists(st.builds(JsonExtraction, labels, json_paths), max_size=3).map(lambda e: JsonParser(tuple(e))),
    st.builds(
        LogfmtParser,
        st.booleans(),
        st.booleans(),
        st.lists(st.builds(LogfmtExtraction, labels, texts.filter(bool)), max_size=2).map(tuple),
    ),
    line_patterns(labels.filter(lambda n: n != "named") | st.just("_"), needs_name=True).map(PatternParser),
    st.sampled_from(NAMED).map(lambda named: RegexpParser(*named)),
    st.just(UnpackParser()),
    templates.map(LineFormat),
    label_formats(),
    st.just(Decolorize()),
    named_labels.map(DropLabels),
    named_labels.map(KeepLabels),
)
selectors = st.lists(matchers(), max_size=2).map(lambda more: (Matcher("app", MatchOp.EQUAL, "x"), *more))


def _reads_as_written(pipeline: tuple[Stage, ...]) -> bool:
    """`| drop a != "x"` is one stage: nobody can write a drop and a negative line filter after it."""
    return not any(
        isinstance(first, DropLabels | KeepLabels)
        and isinstance(first.labels[-1], str)
        and isinstance(second, LineFilter)
        and second.op in (LineOp.NOT_CONTAINS, LineOp.NOT_REGEX)
        for first, second in pairwise(pipeline)
    )


pipelines = st.lists(stages, max_size=4).map(tuple).filter(_reads_as_written)
log_queries = st.builds(LogQuery, selectors, pipelines)

unwraps = st.builds(
    Unwrap, labels, st.sampled_from(Conversion), st.lists(label_filters, max_size=2).map(tuple)
).filter(lambda unwrap: unwrap.label != "by")
groupings = st.builds(Grouping, st.lists(labels, max_size=3).map(tuple), st.booleans())
UNWRAPPED = [
    RangeOp.AVG,
    RangeOp.MIN,
    RangeOp.MAX,
    RangeOp.STDDEV,
    RangeOp.STDVAR,
    RangeOp.FIRST,
    RangeOp.LAST,
]
PLAIN = [RangeOp.RATE, RangeOp.COUNT, RangeOp.BYTES_RATE, RangeOp.BYTES, RangeOp.ABSENT]
windows = st.integers(1, 2**63 - 1)
offsets = st.just(0) | st.integers(-(2**63 - 1), 2**63 - 1)
plain_ranges = st.builds(LogRange, log_queries, windows, offsets)
unwrapped_ranges = st.builds(LogRange, log_queries, windows, offsets, unwraps)
ranges = st.one_of(
    st.builds(RangeAggregation, st.sampled_from(PLAIN), plain_ranges),
    st.builds(RangeAggregation, st.just(RangeOp.COUNT), plain_ranges, st.none(), groupings),
    st.builds(RangeAggregation, st.just(RangeOp.RATE_COUNTER), unwrapped_ranges),
    st.builds(
        RangeAggregation, st.sampled_from(UNWRAPPED), unwrapped_ranges, st.none(), st.none() | groupings
    ),
    st.builds(RangeAggregation, st.just(RangeOp.QUANTILE), unwrapped_ranges, floats, st.none() | groupings),
)


@st.composite
def matchings(draw: st.DrawFn, *, many_to_many: bool) -> Matching:
    shared = draw(st.lists(labels, max_size=2).map(tuple))
    side = None if many_to_many else draw(st.none() | st.sampled_from(GroupSide))
    include = draw(st.lists(labels.filter(lambda n: n not in shared), max_size=2).map(tuple)) if side else ()
    return Matching(shared, draw(st.booleans()), side, include)


@st.composite
def operations(draw: st.DrawFn, children: st.SearchStrategy[Metric]) -> Metric:
    op = draw(st.sampled_from(BinaryOp))
    vectors = children.filter(lambda node: not isinstance(node, NumberLiteral))
    matching = draw(st.none() | matchings(many_to_many=op.is_set))
    operands = vectors if op.is_set or matching else children
    returns_bool = draw(st.booleans()) if op.is_comparison else False
    return BinaryOperation(op, draw(operands), draw(operands), returns_bool, matching)


SIMPLE = [VectorOp.SUM, VectorOp.AVG, VectorOp.MIN, VectorOp.MAX, VectorOp.COUNT, VectorOp.STDDEV]
RANKED = [VectorOp.TOPK, VectorOp.BOTTOMK]


def _metrics(children: st.SearchStrategy[Metric]) -> st.SearchStrategy[Metric]:
    ks = st.integers(1, 99).map(float)
    return st.one_of(
        st.builds(VectorAggregation, st.sampled_from(SIMPLE), children, st.none(), st.none() | groupings),
        st.builds(VectorAggregation, st.sampled_from(RANKED), children, ks, st.none() | groupings),
        st.builds(VectorAggregation, st.just(VectorOp.APPROX_TOPK), children, ks),
        st.builds(VectorAggregation, st.sampled_from([VectorOp.SORT, VectorOp.SORT_DESC]), children),
        st.builds(LabelReplace, children, labels, texts, texts, regexes),
        operations(children),
    )


leaves: st.SearchStrategy[Metric] = (
    ranges | st.builds(VectorLiteral, floats) | st.builds(NumberLiteral, floats)
)
metrics = st.recursive(leaves, _metrics, max_leaves=5)
queries = log_queries | metrics
