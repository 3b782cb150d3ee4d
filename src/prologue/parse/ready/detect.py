"""What format a stream has: asked of its first lines by the engine, decided by what was found and its name.

The engine counts, for each stream, how many of a few lines each format's expression matches; here is
decided what that means. Where several formats fit, one that the stream's labels name goes before the
others, then the special before the general. Where none fits there is none: a guess that is not sure is not
made.

Next chapter: `prologue.pipeline.formats`, which remembers.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from prologue.parse.ready.catalog import ReadyFormat, formats

SAMPLE_LINES = 32
"""How many lines of a stream are looked at, the first of a batch."""

OFF = "none"
"""The value of the label `parser` by which a stream asks for no format; a format's name asks for it."""

_LINE_BYTES = 2048


def counting(rows: str) -> tuple[str, dict[str, object]]:
    """A SELECT over a relation with `labels` and `body`, and its bound values: for each label set `lines`
    and `hits`, an array in the order of `formats()`."""
    parameters: dict[str, object] = {}
    hits = []
    for number, one in enumerate(formats().values()):
        parameters[f"ready_{number}"] = one.line
        hits.append(f"countIf(match(line, {{ready_{number}:String}}))")
    lines = (
        f"SELECT toString(labels) AS labels, left(body, {_LINE_BYTES}) AS line FROM {rows} "
        f"LIMIT {SAMPLE_LINES} BY labels"
    )
    sql = f"SELECT labels, count() AS lines, [{', '.join(hits)}] AS hits FROM ({lines}) GROUP BY labels"
    return sql, parameters


def count(lines: Sequence[str]) -> list[int]:
    """What `counting` would count for these lines, without an engine."""
    texts = [line[:_LINE_BYTES] for line in lines]
    return [sum(bool(re.search(one.line, text)) for text in texts) for one in formats().values()]


def chosen(labels: str, lines: int, hits: Sequence[int]) -> ReadyFormat | None:
    """The format of a stream by its canonical labels and what was counted in so many lines of it."""
    values = msgspec.json.decode(labels, type=dict[str, str]) if labels else {}
    asked = values.get("parser", "")
    if asked == OFF:
        return None
    names = "\n".join(values.values()).lower()
    fitting = [
        one
        for one, found in zip(formats().values(), hits, strict=True)
        if found and found >= one.share * lines
    ]
    said = [one for one in fitting if one.name == asked]
    named = [one for one in fitting if any(hint in names for hint in one.hints)]
    unnamed = [one for one in fitting if not one.hinted_only]
    return next(iter(said or named or unnamed), None)
