r"""Which lines belong together: the rules of stack traces, once for collecting, shipping and parsing.

A rule says of each line whether it begins a record, from the line and the one before it. Either `start`
matches what begins one, or `continuation` matches what goes on; a line that matches the second of one of
`pairs` directly after a line that matches the first goes on, too. An empty line never begins a
record. Expressions are searched for anywhere in the line, without its line end, and must mean the same to
RE2 and to Python's `re`: no look-around, no back-references.

The presets join an exception to the log line before it, as loggers write it: `ERROR cannot pay`, and below
it the exception.

Sources: the runtimes' own output (OpenJDK 21, CPython 3, Go 1.2x, Node.js 18 and later); the documentation of
Ruby's Exception#full_message and of .NET's Exception.ToString and Environment.StackTrace.

Next chapter: `prologue.collect.multiline`, which cuts files by a rule, and `prologue.parse.multiline`, which
joins.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from functools import lru_cache
from itertools import chain

import msgspec

from prologue.model.errors import PayloadError

MAX_PATTERN = 1000
# Python's `re` takes more than linear time: whoever writes a line must not choose how much.
SEEN_BYTES = 2048
PARAM = "multiline"
"""The payload param that carries a rule."""


@dataclass(frozen=True, slots=True)
class Rule:
    """See the module's docstring. Either `start` or `continuation` is given."""

    start: str = ""
    continuation: str = ""
    pairs: tuple[tuple[str, str], ...] = ()

    def patterns(self) -> tuple[str, ...]:
        return tuple(p for p in (self.start, self.continuation, *chain(*self.pairs)) if p)


PRESETS: Mapping[str, Rule] = {
    "java": Rule(
        continuation=r"^(?:[ \t]|Caused by: "
        r"|(?:[a-zA-Z_$][\w$]*\.)+[\w$]*(?:Exception|Error|Throwable)(?:: |\s*$))"
    ),
    "python": Rule(
        continuation=r"^(?:[ \t]|Traceback \(most recent call last\):"
        r"|The above exception was the direct cause of|During handling of the above exception)",
        # The exception itself, at the left margin under its last frame.
        pairs=((r"^[ \t]+\S", r"^[\w.]*[a-z][\w.]*(?:: |\s*$)"),),
    ),
    "go": Rule(
        continuation=r"^(?:[ \t]|goroutine \d+|goroutine running on |created by |runtime stack:"
        r"|exit status \d|\[signal |\[originating from |(?:r\w{1,2}|rflags|[cfg]s) +0x"
        r"|[\w./~%-]+(?:(?:\(\*?[\w.\[\]]+\)|\[\.\.\.\])[\w.-]*)*\(.*\)\s*$)",
    ),
    "node": Rule(
        continuation=r"^(?:[ \t]|\}|\]|Node\.js v\d)",
        # Below the place of an uncaught error its source line; below an empty line the error.
        pairs=(
            (r"^(?:/|[A-Z]:\\|file://|node:)\S*:\d+\s*$", r"\S"),
            (r"^\s*$", r"^(?:\w+ )*\w*(?:Error|Exception)\b"),
        ),
    ),
    "ruby": Rule(
        continuation=r"^(?:[ \t]|\S+:\d+:in [`'].*'\s*$|[A-Z]\w*(?:::[A-Z]\w*)+ \(.*\):?\s*$)",
        # The cause, below the frames of what it caused.
        pairs=((r"^[ \t]+from ", r"^\S+:\d+:in [`'].*\)\s*$"),),
    ),
    "dotnet": Rule(continuation=r"^(?:[ \t]|--- End of |(?:[A-Za-z_]\w*\.)+\w*Exception\b)"),
    "timestamp": Rule(start=r"^\[?\d{4}[-/]\d\d[-/]\d\d[T ]\d\d:\d\d"),
}
"""A rule by its name: one for each runtime, and `timestamp`, where each record begins with a date."""

_EMPTY = re.compile(rb"^\s*$")


class Matcher:
    """A rule, compiled for bytes. Raises re.error where Python does not read an expression."""

    def __init__(self, rule: Rule) -> None:
        self._start, self._continuation = _compiled(rule.start), _compiled(rule.continuation)
        self._pairs = [(_compiled(before), _compiled(line)) for before, line in rule.pairs]
        self._is_start = bool(rule.start)

    def begins(self, line: bytes, before: bytes) -> bool:
        """Whether `line`, of which the first bytes are looked at, begins a record after the line `before`."""
        line, before = line[:SEEN_BYTES], before[:SEEN_BYTES]
        if _EMPTY.search(line):
            return False
        if self._is_start:
            return self._start.search(line) is not None
        if self._continuation.search(line):
            return False
        return not any(line_.search(line) and before_.search(before) for before_, line_ in self._pairs)


def _compiled(pattern: str) -> re.Pattern[bytes]:
    return re.compile(pattern.encode())


@lru_cache(maxsize=64)
def matcher(rule: Rule) -> Matcher:
    return Matcher(rule)


def to_param(rule: Rule) -> str:
    """The rule as a payload's param carries it: the expressions, so that names may change."""
    return msgspec.json.encode({name: text for name, text in asdict(rule).items() if text}).decode()


def of_params(params: Mapping[str, str]) -> Rule | None:
    """The rule of a payload. Raises PayloadError where its param is none."""
    text = params.get(PARAM)
    if not text:
        return None
    try:
        rule = msgspec.json.decode(text, type=Rule)
    except msgspec.DecodeError as error:
        raise PayloadError(
            f"the param {PARAM} is no rule: {error}", cure="send an object of expressions"
        ) from None
    if not (rule.start or rule.continuation) or any(len(p) > MAX_PATTERN for p in rule.patterns()):
        raise PayloadError(
            f"the param {PARAM} has no expression, or one of more than {MAX_PATTERN} characters",
            cure="name `start` or `continuation`",
        )
    return rule
