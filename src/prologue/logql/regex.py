"""What must be known of a regular expression before the engine sees it: is it RE2, and its groups.

The engine compiles and runs the expression (RE2, linear time). Here it is only scanned, so that the
usual mistakes are reported at their character and with a cure: look-around and back-references that
RE2 has not, and brackets that do not close. What passes and still does not compile comes back from
the engine as an error of the same kind.

Source: the RE2 syntax reference.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from prologue.logql.problems import TextProblem

_GROUP_NAME = re.compile(r"\(\?P?<([^>=!]*)>")
_FLAGS = re.compile(r"\(\?[imsU]*(?:-[imsU]+)?[:)]")
_ESCAPED = re.compile(r"\\(?:Q.*?(?:\\E|$)|x\{[0-9a-fA-F]+\}|x[0-9a-fA-F]{2}|[pP]\{[^}]*\}|.)", re.S)
_CLASS_NAME = re.compile(r"\[:\^?[a-z]+:\]")
_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
MAX_REPEAT = 1000
_REPEAT = re.compile(r"\{([0-9]+)(?:,([0-9]*))?\}")


@dataclass(frozen=True, slots=True)
class Groups:
    """`count` capturing groups; `named` pairs each name with its number, counting from 1."""

    count: int
    named: tuple[tuple[str, int], ...]


def scan_regex(source: str) -> Groups:
    """Raises `TextProblem` at the first construct RE2 has not, or that does not close.

    >>> scan_regex(r"(a)(?P<b>c)").named
    (('b', 2),)
    """
    count, named, open_at = 0, [], list[int]()
    at = 0
    while at < len(source):
        char = source[at]
        if char == "(":
            open_at.append(at)
            name, captures, at = _open_group(source, at)
            count += captures
            if name:
                named.append((name, count))
            if source[at - 1] == ")":  # a flag group such as (?i) closes itself
                open_at.pop()
        elif char == ")":
            if not open_at:
                raise TextProblem("`)` closes nothing", at, r"write \) for a literal parenthesis")
            open_at.pop()
            at += 1
        else:
            at = _skip(source, at)
    if open_at:
        raise TextProblem("`(` is not closed", open_at[-1], r"add `)`, or write \( for a literal parenthesis")
    return Groups(count, tuple(named))


def _open_group(source: str, at: int) -> tuple[str, int, int]:
    """The group's name, 1 where it captures, and where its inside starts."""
    if source[at + 1 : at + 2] != "?":
        return "", 1, at + 1
    named = _GROUP_NAME.match(source, at)
    if named:
        if not _NAME.fullmatch(named.group(1)):
            cure = "use letters, digits and `_`, not starting with a digit"
            raise TextProblem(f"`{named.group(1)}` is not a group name", at, cure)
        return named.group(1), 1, named.end()
    flags = _FLAGS.match(source, at)
    if flags:
        return "", 0, flags.end()
    if source[at + 2 : at + 3] in ("=", "!") or source[at + 2 : at + 4] in ("<=", "<!"):
        cure = "chain two filters instead, for example |~ `a` !~ `b`"
        raise TextProblem("RE2 has no look-ahead and no look-behind", at, cure)
    raise TextProblem(f"RE2 has no group `{source[at : at + 3]}`", at, "use (?:...), (?P<name>...) or (?i)")


def _skip(source: str, at: int) -> int:
    char = source[at]
    if char == "\\":
        return _skip_escape(source, at)
    if char == "[":
        return _skip_class(source, at)
    if char in "*+?" and _nothing_before(source, at):
        raise TextProblem(f"`{char}` has nothing to repeat", at, f"write \\{char} for the character itself")
    repeat = _REPEAT.match(source, at) if char == "{" else None
    if repeat and max(int(n) for n in repeat.groups() if n) > MAX_REPEAT:
        raise TextProblem("RE2 repeats at most 1000 times", at, "use * or +")
    return repeat.end() if repeat else at + 1


def _nothing_before(source: str, at: int) -> bool:
    return at == 0 or (source[at - 1] in "(|" and source[at - 2 : at - 1] != "\\")


def _skip_escape(source: str, at: int) -> int:
    match = _ESCAPED.match(source, at)
    if match is None:
        raise TextProblem("the expression ends in a backslash", at, r"write \\ for a backslash")
    if match.group() == "\\Z":
        raise TextProblem(r"RE2 has no \Z", at, r"write \z for the end of the text")
    if match.group()[1:2] in "123456789":
        raise TextProblem("RE2 has no back-references", at, "match the parts apart and compare labels")
    return match.end()


def _skip_class(source: str, start: int) -> int:
    at = start + 1
    if source[at : at + 1] == "^":
        at += 1
    if source[at : at + 1] == "]":  # a bracket that comes first is a literal
        at += 1
    while at < len(source):
        if source[at] == "]":
            return at + 1
        name = _CLASS_NAME.match(source, at)
        escape = _ESCAPED.match(source, at)
        at = name.end() if name else escape.end() if escape else at + 1
    raise TextProblem("`[` is not closed", start, r"add `]`, or write \[ for a literal bracket")
