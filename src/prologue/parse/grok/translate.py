r"""A grok expression to one RE2 expression and the fields its groups hold.

`%{NAME}` is replaced by the definition of that name, and so on to the bottom; `%{NAME:field}` captures
what it matches; `%{NAME:field:int}` says what kind of value that is. A field in brackets
(`[http][request]`) is the dotted one. The same field may be captured in several places, as the branches
of an alternation do: its value is the first that is not empty.

    >>> from prologue.parse.grok.library import load
    >>> grok = translate("%{WORD:verb} took %{INT:ms:int}", load())
    >>> grok.regex
    '(\\b\\w+\\b) took ((?:[+-]?(?:[0-9]+)))'
    >>> grok.fields
    (GrokField(name='verb', type='string', groups=(1,)), GrokField(name='ms', type='int', groups=(2,)))

Source of the language: the documentation of Elasticsearch's grok processor and Logstash's grok filter.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from prologue.parse.grok import re2, relax
from prologue.parse.grok.errors import GrokError

TYPES = {
    "string": "string",
    "keyword": "string",
    "int": "int",
    "integer": "int",
    "long": "int",
    "float": "float",
    "double": "float",
    "bool": "bool",
    "boolean": "bool",
}
"""Every type that may be written, and the kind of value it means."""

MOST_CHARACTERS = 64 * 1024
"""A longer expression would take the engine megabytes to compile."""

_BRACKETS = re.compile(r"(?:\[[^\[\]]+\])+")
_FIELD = re.compile(r"[A-Za-z_@][A-Za-z0-9_.@-]*")
_NAME = re.compile(r"[A-Za-z0-9_]+")


@dataclass(frozen=True, slots=True)
class GrokField:
    """`groups` are the numbers of its groups, counting from 1; `type` is a value of TYPES."""

    name: str
    type: str
    groups: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Grok:
    """`regex` has one capturing group for each of the fields' groups and no other.

    `fast` has the same groups and is right only for a text that `^regex` matches (`relax.py`).
    """

    regex: str
    fast: str
    fields: tuple[GrokField, ...]


def translate(
    expression: str, library: Mapping[str, str], definitions: Mapping[str, str] | None = None
) -> Grok:
    """The expression in RE2's spelling; `definitions` are the user's own patterns and win over the library.

    Raises GrokError with the position in `expression`.
    """
    work = _Translation({**library, **(definitions or {})})
    parts = work.expand(expression, ())
    fields = tuple(
        GrokField(name, work.types.get(name, "string"), tuple(groups)) for name, groups in work.groups.items()
    )
    return Grok("".join(parts), relax.relax(parts), fields)


@dataclass(slots=True)
class _Translation:
    definitions: Mapping[str, str]
    groups: dict[str, list[int]] = field(default_factory=dict)
    types: dict[str, str] = field(default_factory=dict)
    count: int = 0
    written: int = 0

    def expand(self, source: str, path: tuple[str, ...]) -> list[str]:
        """The source's tokens with references replaced; `path` are the definitions around it."""
        parts: list[str] = []
        for token in re2.tokens(source):
            if token.kind == "reference":
                parts.extend(self._reference(token, path))
            elif token.kind == "name":
                self._capture(_field_name(token.text.replace("___", "."), token.offset), "")
                parts.append("(")
            else:
                self._written(token.text, token.offset)
                parts.append(token.text)
        return [part for part in parts if part]

    def _reference(self, token: re2.Token, path: tuple[str, ...]) -> list[str]:
        name, name_of_field, kind = _split(token)
        if name not in self.definitions:
            cure = f"define {name}, or use a pattern of the library (docs/parsers/grok.md)"
            raise GrokError(f"there is no pattern {name}", token.offset, cure)
        if name in path:
            circle = " -> ".join([*path[path.index(name) :], name])
            cure = "a pattern cannot contain itself; write the repetition with * or +"
            raise GrokError(f"the pattern {name} contains itself ({circle})", token.offset, cure)
        if name_of_field:
            self._capture(name_of_field, kind)
        try:
            inside = self.expand(self.definitions[name], (*path, name))
        except GrokError as error:
            told = (
                error.message
                if "in the pattern" in error.message or "contains itself" in error.message
                else (f"{error.message}, in the pattern {name} at character {error.offset + 1}")
            )
            raise GrokError(told, token.offset, error.cure) from None
        if name_of_field:
            return ["(", *inside, ")"]
        # Kept together, so that an alternation or a repetition outside means all of it.
        return inside if len(inside) == 1 else ["(?:", *inside, ")"]

    def _capture(self, name: str, kind: str) -> None:
        self.count += 1
        self.groups.setdefault(name, []).append(self.count)
        if kind:
            self.types[name] = kind

    def _written(self, text: str, offset: int) -> None:
        self.written += len(text)
        if self.written > MOST_CHARACTERS:
            cure = "leave out parts, or try one expression after the other"
            raise GrokError(f"the expression has more than {MOST_CHARACTERS} characters", offset, cure)


def _split(token: re2.Token) -> tuple[str, str, str]:
    """Pattern, field and kind of `NAME`, `NAME:field` or `NAME:field:type`."""
    name, *rest = token.text.strip().split(":")
    if not _NAME.fullmatch(name) or len(rest) > 2:
        raise GrokError(f"`%{{{token.text}}}` is no reference", token.offset, "write %{PATTERN:field:type}")
    kind = rest[1] if len(rest) == 2 else ""
    if kind and kind not in TYPES:
        cure = f"use one of {', '.join(TYPES)}"
        raise GrokError(f"there is no type `{kind}`", token.offset, cure)
    return name, _field_name(rest[0], token.offset) if rest and rest[0] else "", TYPES.get(kind, "")


def _field_name(text: str, offset: int) -> str:
    name = text[1:-1].replace("][", ".") if _BRACKETS.fullmatch(text) else text
    if not _FIELD.fullmatch(name):
        cure = "use letters, digits, `_`, `-` and `.`, or [outer][inner]"
        raise GrokError(f"`{text}` is not a field's name", offset, cure)
    return name
