"""`grok`: fields by Elastic's named patterns, and by patterns of one's own.

Next chapter: `prologue.parse.grok.translate`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prologue.parse.grok.errors import GrokError
from prologue.parse.grok.library import VOCABULARIES, load
from prologue.parse.grok.translate import Grok as Translated
from prologue.parse.grok.translate import translate
from prologue.parse.pipelines.document import Options
from prologue.parse.pipelines.rows import Rows
from prologue.parse.stages.groups import GroupPattern, lower_patterns
from prologue.parse.stages.kind import StageKind


@dataclass(frozen=True, slots=True)
class Grok:
    """Expressions tried in order."""

    source: str
    patterns: tuple[GroupPattern, ...]


def read(options: Options) -> Grok:
    library = load(options.choice("vocabulary", VOCABULARIES, VOCABULARIES[0]))
    own = options.mapping("definitions", {})
    for name in own:
        _checked(options, "definitions", f"%{{{name}}}", library, own)
    patterns = []
    for source in options.texts("pattern"):
        grok = _checked(options, "pattern", source, library, own)
        if not grok.fields:
            cure = "name what it finds: %{INT:status} or (?<status>[0-9]+)"
            options.refuse("pattern", f"`{source}` has no field", cure)
        patterns.append(_pattern(grok))
    return Grok(options.text("source", "body"), tuple(patterns))


def _checked(
    options: Options, option: str, source: str, library: Mapping[str, str], own: Mapping[str, str]
) -> Translated:
    try:
        return translate(source, library, own)
    except GrokError as error:
        place = f"in `{source}`, at character {error.offset + 1}"
        options.refuse(option, f"{place}: {error.message}", error.cure)


def _pattern(grok: Translated) -> GroupPattern:
    names, types = {}, {}
    for one in grok.fields:
        for number in one.groups:
            names[number], types[number] = one.name, one.type
    numbers = range(1, len(names) + 1)
    return GroupPattern(
        grok.regex, tuple(names[n] for n in numbers), grok.fast, tuple(types[n] for n in numbers)
    )


def lower(node: Grok, rows: Rows) -> None:
    why = "the text does not match the expression"
    lower_patterns(node.patterns, rows.source(node.source), rows, kind="GrokParserErr", why=why)


STAGE = StageKind(read, lower, main="pattern")
