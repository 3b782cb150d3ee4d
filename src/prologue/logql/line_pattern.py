"""The pattern language of `| pattern` and of the line filters `|>` and `!>`.

Literals and captures: `<name>` takes the text up to the next literal, `<_>` skips it.

Source: Loki's documentation, "Log queries", Pattern; "LogQL reference", Pattern match filter operators.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from prologue.logql.problems import TextProblem

_CAPTURE = re.compile(r"<([a-zA-Z_][a-zA-Z0-9_]*)>")


@dataclass(frozen=True, slots=True)
class Literal:
    """Text that must be there."""

    text: str


@dataclass(frozen=True, slots=True)
class Capture:
    """A field; `_` is skipped."""

    name: str

    @property
    def named(self) -> bool:
        return self.name != "_"


@dataclass(frozen=True, slots=True)
class LinePattern:
    """Literals and captures in order; never two captures side by side."""

    parts: tuple[Literal | Capture, ...]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(part.name for part in self.parts if isinstance(part, Capture) and part.named)

    @property
    def source(self) -> str:
        return "".join(p.text if isinstance(p, Literal) else f"<{p.name}>" for p in self.parts)


def parse_line_pattern(source: str) -> LinePattern:
    """Raises `TextProblem` where the pattern is empty or two captures touch.

    >>> parse_line_pattern("<ip> - <_>").names
    ('ip',)
    """
    parts: list[Literal | Capture] = []
    at = 0
    for match in _CAPTURE.finditer(source):
        if match.start() > at:
            parts.append(Literal(source[at : match.start()]))
        elif parts:
            raise TextProblem(
                "two captures follow each other with nothing between them",
                match.start(),
                "put the text that separates them in between, or merge them into one",
            )
        parts.append(Capture(match.group(1)))
        at = match.end()
    if at < len(source):
        parts.append(Literal(source[at:]))
    if not parts:
        raise TextProblem("the pattern is empty", 0, "write a pattern such as `<ip> - <_> <status>`")
    return LinePattern(tuple(parts))


def check_parser_pattern(pattern: LinePattern) -> None:
    """`| pattern` needs a named capture, and each name once."""
    if not pattern.names:
        raise TextProblem("the pattern captures nothing", 0, "name at least one capture, such as <status>")
    repeated = next((n for i, n in enumerate(pattern.names) if n in pattern.names[:i]), None)
    if repeated is not None:
        offset = pattern.source.rindex(f"<{repeated}>")
        raise TextProblem(f"the capture <{repeated}> appears twice", offset, "name each capture once")


def check_filter_pattern(pattern: LinePattern) -> None:
    """`|>` and `!>` only skip: they have nowhere to put a named capture."""
    if pattern.names:
        name = pattern.names[0]
        raise TextProblem(
            f"a line filter cannot capture <{name}>",
            pattern.source.index(f"<{name}>"),
            "write <_>, or use `| pattern` to extract labels",
        )
