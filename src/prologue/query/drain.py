"""Clustering line shapes, in the manner of Drain: shapes that differ in few words become one pattern.

A shape is a line whose words with digits are `<_>` already, so there are few of them however many
lines. Shapes may be joined only where everything between their words is the same; of those, one joins
the pattern most of whose words it shares, and the words that differ become `<_>`.

Source of the idea: He, Zhu, Zheng, Lyu, "Drain: An Online Log Parsing Approach with Fixed Depth Tree",
ICWS 2017. The existing library (drain3) is a stream processor for single lines with its own masking and
persistence; what is left to do here is the merge, over a few thousand shapes.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

ANY = "<_>"
_WORD = re.compile(r"[^\s=\"',;:()\[\]{}|]+")
_SIMILAR = 0.5
# A structure with more patterns than this is free text: the rest joins the nearest.
_MAX_PATTERNS = 60
_RUN = re.compile(r"<_>(?:<_>)+")
_NAMED = re.compile(r"<[a-zA-Z_][a-zA-Z0-9_]*>")


@dataclass(slots=True)
class _Pattern:
    number: int
    words: list[str]


def cluster(shapes: Iterable[str]) -> tuple[list[str], list[int]]:
    """Patterns, and the index of its pattern for each shape. Put the most frequent shapes first.

    >>> cluster(["GET /a took <_>", "GET /b took <_>", "user=ann left", "user=bob left"])
    (['GET <_> took <_>', 'user=<_> left'], [0, 0, 1, 1])
    """
    structures: dict[str, list[_Pattern]] = defaultdict(list)
    texts: list[str] = []
    kept: list[tuple[str, _Pattern]] = []
    places: list[int] = []
    for shape in shapes:
        structure, words = _WORD.sub("\0", shape), _WORD.findall(shape)
        pattern = _nearest(structures[structure], words)
        if pattern is None:
            pattern = _Pattern(len(kept), words)
            structures[structure].append(pattern)
            kept.append((structure, pattern))
        else:
            pattern.words = [a if a == b else ANY for a, b in zip(pattern.words, words, strict=True)]
        places.append(pattern.number)
    texts = [_text(structure, pattern.words) for structure, pattern in kept]
    return _merged(texts, places)


def _nearest(patterns: list[_Pattern], words: list[str]) -> _Pattern | None:
    best, most = None, -1.0
    for pattern in patterns:
        same = sum(a == b for a, b in zip(pattern.words, words, strict=True))
        if same > most:
            best, most = pattern, same
    if best is None or most >= _SIMILAR * len(words) or len(patterns) >= _MAX_PATTERNS:
        return best
    return None


def _text(structure: str, words: list[str]) -> str:
    """The pattern as LogQL's `|>` reads it: what looks like a named capture matches anything."""
    between = structure.split("\0")
    text = between[0] + "".join(word + rest for word, rest in zip(words, between[1:], strict=True))
    return _RUN.sub(ANY, _NAMED.sub(ANY, text))


def _merged(texts: list[str], places: list[int]) -> tuple[list[str], list[int]]:
    """Patterns that have become the same text are one."""
    numbers = {text: number for number, text in enumerate(dict.fromkeys(texts))}
    return list(numbers), [numbers[texts[place]] for place in places]
