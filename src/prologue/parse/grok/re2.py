r"""Oniguruma's regular expressions, token by token, in RE2's spelling.

Grok was made for Oniguruma. What of it RE2 has under another name is translated here, what it has not is
refused with the cure:

| Oniguruma | RE2 |
|---|---|
| `(?>...)`, `a++`, `a*+`, `a?+` | `(?:...)`, `a+`, `a*`, `a?`: nearly always the same texts |
| `(...)` | `(?:...)`: only named groups are fields, and each group costs time |
| `(?<name>...)`, `(?'name'...)` | `(...)`, with its name kept aside |
| `\h`, `\H` | `[0-9A-Fa-f]`, `[^0-9A-Fa-f]` |
| `\Z` | `\n?\z` |
| `$` | `(?m:$)`, the end of a line; `^` is the start of the text, as RE2 is several times as fast with it |
| `(?m)` | `(?s)`: Ruby calls it multi-line that a dot matches a newline |
| `[[[:alnum:]]_]` | `[[:alnum:]_]`: a class in a class is a union |
| `(?=`, `(?!`, `(?<=`, `(?<!`, `\1`, `\k<n>`, `\g<n>`, `&&` in a class | refused |

Source: Oniguruma's doc/RE; RE2's syntax reference.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from prologue.parse.grok.errors import GrokError

_NAMED = re.compile(r"\(\?(?:P?<([^>=!][^>]*)>|'([^']+)')")
_FLAGS = re.compile(r"\(\?([imxsU]*)(?:-([imxsU]+))?([:)])")
_COMMENT = re.compile(r"\(\?#[^)]*\)")
_REFERENCE = re.compile(r"%\{([^}]*)\}")
_REPEAT = re.compile(r"(?:[*+?]|\{\d+(?:,\d*)?\}|\{,\d+\})")
_POSIX = re.compile(r"\[:\^?[a-z]+:\]")
_ESCAPE = re.compile(r"\\(?:x\{[0-9A-Fa-f]+\}|x[0-9A-Fa-f]{1,2}|[pP]\{\^?\w+\}|u[0-9A-Fa-f]{4}|.)", re.S)
_LOOKS = {"(?=": "look-ahead", "(?!": "look-ahead", "(?<=": "look-behind", "(?<!": "look-behind"}
_MOST_REPEATS = 1000


@dataclass(frozen=True, slots=True)
class Token:
    """A piece of a pattern. `kind`: "text" is RE2 already; "name" opens a named group, whose name is `text`;
    "reference" is the inside of `%{...}`."""

    kind: str
    text: str
    offset: int


def tokens(source: str) -> Iterator[Token]:
    """The pattern's tokens. Raises GrokError at what RE2 has not."""
    at, depth = 0, []
    while at < len(source):
        char = source[at]
        reference = _REFERENCE.match(source, at)
        if reference:
            yield Token("reference", reference.group(1), at)
            at = reference.end()
            continue
        if source.startswith("%{", at):
            raise GrokError("`%{` is not closed", at, r"add `}`, or write %\{ for the characters themselves")
        if char == "(":
            token, end = _open(source, at)
            if token.text not in ("", ")") and not _is_flag_group(token.text):
                depth.append(at)
            at = end
        elif char == ")":
            if not depth:
                raise GrokError("`)` closes nothing", at, r"write \) for a literal parenthesis")
            depth.pop()
            token, at = Token("text", ")", at), at + 1
        else:
            token, at = _plain(source, at)
        yield token
    if depth:
        raise GrokError("`(` is not closed", depth[-1], r"add `)`, or write \( for a literal parenthesis")


def _is_flag_group(text: str) -> bool:
    return text.startswith("(?") and text.endswith(")")


def _open(source: str, at: int) -> tuple[Token, int]:
    if source[at + 1 : at + 2] != "?":
        return Token("text", "(?:", at), at + 1
    for spelled, what in _LOOKS.items():
        if source.startswith(spelled, at):
            raise GrokError(f"RE2 has no {what}", at, "match what stands there, outside the field")
    if source.startswith("(?>", at):
        return Token("text", "(?:", at), at + 3
    comment = _COMMENT.match(source, at)
    if comment:
        return Token("text", "", at), comment.end()
    named = _NAMED.match(source, at)
    if named:
        return Token("name", named.group(1) or named.group(2), at), named.end()
    flags = _FLAGS.match(source, at)
    if flags is None:
        cure = "use (?:...), (?<name>...) or (?i)"
        raise GrokError(f"RE2 has no group `{source[at : at + 3]}`", at, cure)
    return Token("text", _flags(flags, at), at), flags.end()


def _flags(match: re.Match[str], at: int) -> str:
    on, off, end = match.group(1), match.group(2) or "", match.group(3)
    if "x" in on:
        raise GrokError("RE2 has no extended mode", at, "write the expression without blanks and comments")
    on, off = (text.replace("m", "s").replace("x", "") for text in (on, off))
    if not on and not off:
        return "(?:" if end == ":" else ""
    return f"(?{on}{'-' + off if off else ''}{end}"


def _plain(source: str, at: int) -> tuple[Token, int]:
    char = source[at]
    if char == "\\":
        text, end = _escape(source, at, inside=False)
        return Token("text", text, at), end
    if char == "[":
        text, end = _class(source, at)
        return Token("text", text, at), end
    repeat = _REPEAT.match(source, at)
    if repeat:
        text, end = _repeat(repeat, at), _after_repeat(source, repeat)
        while again := _REPEAT.match(source, end):  # a repetition repeated, as in `(a)?*`
            text, end = "*", _after_repeat(source, again)
        return Token("text", text, at), end
    if char == "$":
        return Token("text", "(?m:$)", at), at + 1
    if char == "{":
        return Token("text", "\\{", at), at + 1
    return Token("text", char, at), at + 1


def _repeat(match: re.Match[str], at: int) -> str:
    text = match.group()
    counts = [int(number) for number in re.findall(r"\d+", text)]
    if any(count > _MOST_REPEATS for count in counts):
        raise GrokError(f"RE2 repeats at most {_MOST_REPEATS} times", at, "use * or +")
    if text.startswith("{,"):
        text = "{0" + text[1:]
    follows = match.string[match.end() : match.end() + 1]
    return text + "?" if follows == "?" else text


def _after_repeat(source: str, match: re.Match[str]) -> int:
    return match.end() + (source[match.end() : match.end() + 1] in ("?", "+"))


def _escape(source: str, at: int, *, inside: bool) -> tuple[str, int]:
    match = _ESCAPE.match(source, at)
    if match is None:
        raise GrokError("the expression ends in a backslash", at, r"write \\ for a backslash")
    text, letter = match.group(), match.group()[1]
    if letter in "123456789" or (letter in "kg" and source[match.end() : match.end() + 1] in ("<", "'", "{")):
        raise GrokError("RE2 has no back-references", at, "match the parts apart and compare the fields")
    if letter == "h":
        text = "0-9A-Fa-f" if inside else "[0-9A-Fa-f]"
    elif letter == "H" and not inside:
        text = "[^0-9A-Fa-f]"
    elif letter == "Z":
        text = r"\n?\z"
    elif letter == "u":
        text = f"\\x{{{text[2:]}}}"
    elif letter == "x" and len(text) == len(r"\x1"):
        text = f"\\x0{text[2:]}"
    elif letter.isascii() and letter.isalpha() and letter not in "abfnrtvxAzBdDsSwWpPCQE":
        text = letter  # Oniguruma reads an escape it does not know as the letter; RE2 refuses it
    elif letter == "e":
        text = r"\x1b"
    return text, match.end()


def _class(source: str, start: int) -> tuple[str, int]:
    """A bracket expression; a class within it is taken in."""
    at = start + 1
    text = "["
    if source[at : at + 1] == "^":
        text, at = "[^", at + 1
    if source[at : at + 1] == "]":
        text, at = text + r"\]", at + 1
    while at < len(source):
        posix = _POSIX.match(source, at)
        if posix:
            text, at = text + posix.group(), posix.end()
        elif source[at] == "]":
            return text + "]", at + 1
        elif source[at] == "[" and _is_nested(source, at):
            inner, at = _class(source, at)
            text += inner[1:-1]
        elif source.startswith("&&", at):
            raise GrokError("RE2 has no intersection of classes", at, "list the characters that are meant")
        elif source[at] == "\\":
            escaped, at = _escape(source, at, inside=True)
            text += escaped
        else:
            text, at = text + (r"\[" if source[at] == "[" else source[at]), at + 1
    raise GrokError("`[` is not closed", start, r"add `]`, or write \[ for a literal bracket")


def _is_nested(source: str, at: int) -> bool:
    """Whether this bracket inside a class opens another class rather than stand for itself."""
    return source.startswith("[[:", at) or source.startswith("[a-z", at) or source.startswith("[A-Z", at)
