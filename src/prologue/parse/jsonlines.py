"""JSON lines, parsed by the engine: one pass over each line into a map, then columns from the map.

A line that is not a JSON object is kept whole as the body, with the reason in `__error__`. Nested
objects are flattened with `.`, down to _DEPTH levels; deeper ones stay as JSON text. Rows without
nested objects, the common case, never pay for flattening: the engine evaluates that branch only
where it is needed, and payloads that have none get a statement without it, because to plan it takes
the engine as long as to parse 10,000 lines.

The level is decided here where a label or an attribute says it, which is cheap; what is left is found
with the text's rules by the last step (`finish.py`).

Senders that wrap each event in an object of their own have the wrapping's fields named as `unwrapped`:
the members of such a field count as if they stood at the top. A name that is there already keeps the
path in front (`event.host` beside `host`), so nothing hides.

Field names come from the sender's URL and are bound as parameters.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from prologue.model.arrow_stream import Pieces
from prologue.model.labels import SERVICE_NAME
from prologue.model.payload import Payload
from prologue.parse import labels_sql, timestamps
from prologue.parse.columns import ParseOptions
from prologue.parse.job import ParseJob
from prologue.parse.levels.sql import level_beside

_DEPTH = 8
_MAP = "Map(String, String)"  # names get their dictionary in the stage: here it costs more than the parsing
_LINE_END, _BRACE = ord("\n"), ord("{")
_WRAPPING = "{} IN {{unwrapped:Array(String)}} AND startsWith({}, '{{')"


@dataclass(frozen=True, slots=True)
class Fields:
    """Which fields of an object are its time, its message and its stream's labels; `ignored` ones are
    not stored as attributes, members of `unwrapped` ones count as the object's own."""

    time: tuple[str, ...]
    message: tuple[str, ...]
    labels: Mapping[str, str]
    ignored: tuple[str, ...]
    unwrapped: tuple[str, ...]

    @classmethod
    def of(cls, params: Mapping[str, str]) -> Fields:
        return cls(
            time=_names(params.get("time_field", "")) or ("_time",),
            message=_names(params.get("message_field", "")) or ("_msg",),
            labels=labels_sql.label_names(_names(params.get("stream_fields", ""))),
            ignored=_names(params.get("ignore_fields", "")),
            unwrapped=_names(params.get("unwrap_fields", "")),
        )


def parse(payloads: Sequence[Payload], options: ParseOptions) -> ParseJob:
    """The job for payloads of one tenant with equal params and labels."""
    first = payloads[0]
    fields = Fields.of(first.params)
    bound: dict[str, object] = {"tenant": first.tenant, "observed": first.received_ns}
    time = _first_of("time", fields.time, bound)
    message = _first_of("message", fields.message, bound)
    labels = labels_sql.canonical(_labels(fields, first.labels, bound, options))
    whole = _whole(fields, bound)
    flat, pairs = _maps(fields, bound)
    nested = bool(fields.unwrapped) or any(may_nest(payload.data) for payload in payloads)
    members = _members(pairs) if nested else "flat"
    level = level_beside("labels", "attributes") if options.discover_log_levels else "''"
    bound["taken"] = [*fields.labels.values(), "trace_id", "span_id", *fields.ignored]
    return ParseJob(
        format="LineAsString",
        structure="line String",
        data=pieces(payloads),
        select=_raw(_Expressions(time, message, whole, labels, flat, members, level)),
        parameters=bound,
        levels=True,
    )


def may_nest(data: bytes | memoryview) -> bool:
    """Whether an object may be inside of another: whether a brace opens anywhere but at a line's start."""
    octets = np.frombuffer(data, np.uint8)
    braces = np.flatnonzero(octets == _BRACE)
    inside = braces[1:] if len(braces) and braces[0] == 0 else braces
    return bool((octets[inside - 1] != _LINE_END).any())


def pieces(payloads: Sequence[Payload]) -> Pieces:
    """The payloads' bytes one behind the other, each ending its last line; nothing is copied."""
    found: list[bytes | memoryview] = []
    for payload in payloads:
        found.append(payload.data)
        if payload.data[-1:] != b"\n":
            found.append(b"\n")
    return tuple(found)


def _whole(fields: Fields, bound: dict[str, object]) -> str:
    """The body of a line that has no message: the line, less what must not be stored and its wrapping."""
    if fields.ignored:
        bound["ignored"] = list(fields.ignored)
        return "if(is_object, toJSONString(mapFilter((k, v) -> k NOT IN {ignored:Array(String)}, m)), line)"
    wrapped = [name for name in fields.unwrapped if name in fields.message]
    if not wrapped:
        return "line"
    inner = f"JSONExtractRaw(line, {{unwrap_{fields.unwrapped.index(wrapped[0])}:String}})"
    return f"if(startsWith({inner} AS inner, '{{'), inner, line)"


@dataclass(frozen=True, slots=True)
class _Expressions:
    """What differs from one way of sending JSON lines to another: names of the fields that hold time and
    message, the body of a line without message, the label set; the object's members as they stand there
    (`flat`) and with nested ones in their places; the level that is said beside the line."""

    time: str
    message: str
    whole: str
    labels: str
    flat: str
    members: str
    level: str


def _raw(of: _Expressions) -> str:
    """RAW_COLUMNS and the level from `{source}`, whose one column is `line`.

    Of several fields that may hold the time or the message only the one that does is taken out of the
    attributes, and the time's stays where it holds no time: nothing that was sent is lost.
    """
    # One nanosecond apart, so that objects without a time keep their order.
    observed = timestamps.from_nanoseconds("{observed:Int64} + toInt64(rowNumberInAllBlocks())")
    error = "map('__error__', 'JSONParserErr', '__error_details__', 'the line is not a JSON object')"
    return f"""
SELECT {{tenant:String}} AS tenant, {timestamps.best_effort("time_text")} AS sent, {observed} AS observed,
    {of.labels} AS labels, toUInt8(0) AS severity_number, '' AS severity_text,
    if(message_text != '', message_text, {of.whole}) AS body,
    m['trace_id'] AS trace_id, m['span_id'] AS span_id,
    if(is_object,
       mapFilter((k, v) -> v != '' AND k NOT IN {{taken:Array(String)}} AND k != message_key
           AND (k != time_key OR isNull(sent)), m),
       {error}) AS attributes, {of.level} AS level
FROM (SELECT line, m, is_object, {of.time} AS time_key, {of.message} AS message_key, m[time_key] AS time_text,
    m[message_key] AS message_text FROM (
    SELECT line, {of.flat} AS flat,
        length(flat) > 0 OR (isValidJSON(line) AND JSONType(line) = 'Object') AS is_object,
        {of.members} AS m
    FROM {{source}} WHERE notEmpty(trimBoth(line))))"""


def _maps(fields: Fields, bound: dict[str, object]) -> tuple[str, str]:
    """The object's members as a map of texts, and as pairs of name and raw JSON; the latter keep nesting."""
    flat, pairs = f"JSONExtract(line, '{_MAP}')", "JSONExtractKeysAndValuesRaw(line)"
    if not fields.unwrapped:
        return flat, pairs
    bound["unwrapped"] = list(fields.unwrapped)
    maps = [f"mapFilter((k, v) -> NOT ({_WRAPPING.format('k', 'v')}), {flat} AS top)"]
    lists = [f"arrayFilter(p -> NOT ({_WRAPPING.format('p.1', 'p.2')}), {pairs} AS own)"]
    for place, name in enumerate(fields.unwrapped):
        bound[f"unwrap_{place}"] = name
        field = f"{{unwrap_{place}:String}}"
        maps.append(
            f"mapApply((k, v) -> (if(mapContains(top, k), concat({field}, '.', k), k), v), "
            f"JSONExtract(line, {field}, '{_MAP}'))"
        )
        lists.append(
            f"arrayMap(p -> (if(has(own.1, p.1), concat({field}, '.', p.1), p.1), p.2), "
            f"JSONExtractKeysAndValuesRaw(line, {field}))"
        )
    return f"CAST(mapConcat({', '.join(maps)}), '{_MAP}')", f"arrayConcat({', '.join(lists)})"


def _members(pairs: str) -> str:
    """The members, those of nested objects under their paths; asked of the lines that may have some."""
    return f"""if(position(line, '{{', 2) > 0 AND arrayExists(v -> startsWith(v, '{{'), mapValues(flat)),
           {_flattened(pairs)}, flat)"""


def _flattened(pairs: str) -> str:
    """Pairs of path and raw JSON, level by level; then strings lose their quotes."""
    for _ in range(_DEPTH - 1):
        pairs = (
            "arrayFlatten(arrayMap(p -> if(startsWith(p.2, '{') AND p.2 != '{}', "
            "arrayMap(c -> (concat(p.1, '.', c.1), c.2), JSONExtractKeysAndValuesRaw(p.2)), [p]), "
            f"{pairs}))"
        )
    text = "multiIf(startsWith(p.2, '\"'), JSONExtractString(p.2), p.2 = 'null', '', p.2)"
    return f"CAST(arrayMap(p -> (p.1, {text}), {pairs}), '{_MAP}')"


def _labels(
    fields: Fields, fixed: Mapping[str, str], bound: dict[str, object], options: ParseOptions
) -> dict[str, str]:
    """An expression for each label's value; labels said of the whole payload win over fields."""
    labels = {}
    for place, (name, field) in enumerate(fields.labels.items()):
        bound[f"label_{place}"] = field
        labels[name] = f"m[{{label_{place}:String}}]"
    for place, (name, value) in enumerate(fixed.items()):
        bound[f"fixed_{place}"] = value
        labels[name] = f"{{fixed_{place}:String}}"
    if options.discover_service_name and SERVICE_NAME not in fixed:
        labels[SERVICE_NAME] = labels_sql.service_name("m")
    return labels


def _first_of(kind: str, fields: Sequence[str], bound: dict[str, object]) -> str:
    """The name of the first field that has a value; the last one where none has."""
    names = []
    for place, field in enumerate(fields):
        bound[f"{kind}_{place}"] = field
        names.append(f"{{{kind}_{place}:String}}")
    branches = [part for name in names[:-1] for part in (f"m[{name}] != ''", name)]
    return f"multiIf({', '.join([*branches, names[-1]])})" if branches else names[-1]


def _names(text: str) -> tuple[str, ...]:
    return tuple(name for name in (part.strip() for part in text.split(",")) if name)
