"""The pattern library: Elastic's definitions by name, in its two vocabularies.

`ecs` names fields as the Elastic Common Schema does (`source.address`) and is what Elasticsearch 8 and
Logstash 8 do unless told otherwise; `legacy` has the names from before (`clientip`). Both are complete:
what one vocabulary lacks comes from the other.

The files in `patterns/` are Elastic's, under the Apache License 2.0 (`patterns/NOTICE`); in each folder
`rewritten.grok` holds what we changed because RE2 has no look-around, with the reason at each, and what
the upstream file lacks. It is read last and wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from prologue.parse.grok.errors import GrokError

VOCABULARIES = ("ecs", "legacy")
REWRITTEN = "rewritten.grok"


@cache
def load(vocabulary: str = "ecs") -> Mapping[str, str]:
    """Every pattern by name. Raises GrokError where there is no such vocabulary."""
    if vocabulary not in VOCABULARIES:
        cure = f"use one of {', '.join(VOCABULARIES)}"
        raise GrokError(f"there is no pattern vocabulary `{vocabulary}`", 0, cure)
    others = [other for other in VOCABULARIES if other != vocabulary]
    found: dict[str, str] = {}
    for folder in (*others, vocabulary):
        found.update(_folder(folder))
    return MappingProxyType(found)


def read(text: str) -> dict[str, str]:
    """The definitions of a pattern file: a name, a blank, and the expression to the end of the line.

    >>> read("# a comment\\nORDER [A-Z]{2}-%{INT}\\n")
    {'ORDER': '[A-Z]{2}-%{INT}'}
    """
    found = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        name, _, definition = line.partition(" ")
        if not definition.strip():
            raise GrokError(f"line {number} defines nothing", 0, "write a name, a blank and an expression")
        found[name] = definition.strip(" ")
    return found


def _folder(vocabulary: str) -> dict[str, str]:
    folder = files("prologue.parse.grok") / "patterns" / vocabulary
    places = sorted(
        (place for place in folder.iterdir()), key=lambda place: (place.name == REWRITTEN, place.name)
    )
    found: dict[str, str] = {}
    for place in places:
        found.update(read(place.read_text(encoding="utf-8")))
    return found
