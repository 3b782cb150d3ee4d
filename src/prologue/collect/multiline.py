"""Records of several lines in files: reading a rule, and cutting a chunk where a record begins.

`cut_records` never looks at a whole chunk: it takes apart the last 64 KiB, finds there the last place at
which every stream begins a record, and leaves the rest for the next chunk. Only where there is none it looks
further back. stdout and stderr of a container alternate, so a place must suit both; a stream that wrote
nothing in those bytes is taken as finished.

Next chapter: `prologue.collect.file`, which decides how long a last record is waited for.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import orjson

from prologue.collect.chunks import Framing
from prologue.collect.service import Described
from prologue.logql.problems import TextProblem
from prologue.logql.regex import scan_regex
from prologue.model.errors import ConfigError
from prologue.model.multiline import MAX_PATTERN, PRESETS, Rule, matcher

KEY = "collect.multiline"
OPTION = "--multiline"
WINDOW = 64 * 1024
_FORM = re.compile(r"(start|continuation)\s*:\s*(.+)", re.DOTALL)
_CRI = re.compile(rb"\S+ (stdout|stderr) ([FP])\S*(?: (.*))?", re.DOTALL)


def read_rule(text: str, glob: str) -> Rule:
    """The rule of the files `glob`: a preset, or `start: EXPRESSION` or `continuation: EXPRESSION`.

    Raises ConfigError with the character at which an expression is wrong.
    """
    return _read(text, KEY, f"{KEY} says of {glob!r}")


def read_option(text: str) -> Rule | None:
    """The rule that the command line names for a stream, None where it names none; as `read_rule`."""
    return _read(text, OPTION, f"{OPTION} says") if text else None


def _read(text: str, key: str, says: str) -> Rule:
    if (preset := PRESETS.get(text.strip())) is not None:
        return preset
    form = _FORM.fullmatch(text.strip())
    if form is None:
        raise ConfigError(
            f"{says} {text!r}, which is no rule",
            key=key,
            cure=f"name one of {', '.join(PRESETS)}, or write `start: EXPRESSION` or"
            " `continuation: EXPRESSION`",
        )
    name, pattern = form.groups()

    def refused(shown: str, offset: int, message: str, cure: str) -> ConfigError:
        return ConfigError(
            f"{says} {shown!r}, which is wrong at character {offset + 1}: {message}", key=key, cure=cure
        )

    try:
        scan_regex(pattern)
        re.compile(pattern.encode())
    except TextProblem as problem:
        raise refused(pattern, problem.offset, problem.message, problem.cure) from None
    except re.error as error:
        raise refused(pattern, error.pos or 0, error.msg, "write it in RE2's syntax") from None
    if len(pattern) > MAX_PATTERN:
        raise refused(pattern[:40], MAX_PATTERN, "it is too long", f"use {MAX_PATTERN} characters at most")
    return Rule(start=pattern) if name == "start" else Rule(continuation=pattern)


def with_rule(described: Described, asked: str, key: str) -> Described:
    """What `asked`, a container's own wish, adds: its rule, or why there is none; nothing if it is empty.

    Presets only: an expression that takes for ever would stop the logs of the whole machine, and a
    container's owner must not be able to.
    """
    if not asked:
        return described
    if (preset := PRESETS.get(asked.strip())) is not None:
        return replace(described, multiline=preset)
    why = f"{key}: {asked!r} is no preset; name one of {', '.join(PRESETS)}, or give collect.multiline a rule"
    return replace(described, problem=why)


@dataclass(frozen=True, slots=True)
class _Line:
    """`at`: where it begins. `whole`: whether the text ends with it, and is no piece of a longer line."""

    at: int
    stream: str
    text: bytes
    whole: bool


def cut_records(data: bytes, end: int, framing: Framing, rule: Rule) -> int:
    """Where the last records of `data[:end]` begin, which may go on; 0 where that is its first byte.

    `data` begins at the start of a record, and `end` is after a whole line.
    """
    window = WINDOW
    while True:
        start = data.rfind(b"\n", 0, max(0, end - window)) + 1
        found = _last_start(_lines(data, start, end, framing), rule, known=start == 0)
        if found > start or start == 0:
            return found
        window *= 4


def _last_start(lines: list[_Line], rule: Rule, *, known: bool) -> int:
    """The last place where every stream begins a record, and after which each has a line; 0: none.

    `known`: the first line of each stream begins a record. Otherwise nobody knows.
    """
    flags = _begins(lines, rule, known=known)
    streams = {line.stream for line in lines}
    nearest: dict[str, bool] = {}
    for line, flag in zip(reversed(lines), reversed(flags), strict=True):
        nearest[line.stream] = flag
        if len(nearest) == len(streams) and all(nearest.values()):
            return line.at
    return 0


def _begins(lines: list[_Line], rule: Rule, *, known: bool) -> list[bool]:
    """Whether each line begins a record; of a line in pieces the first does, and the whole text decides."""
    begins = matcher(rule).begins
    flags = [False] * len(lines)
    before: dict[str, bytes] = {}
    pieces: dict[str, tuple[int, list[bytes]]] = {}
    for place, line in enumerate(lines):
        if not line.whole or line.stream in pieces:
            first, texts = pieces.setdefault(line.stream, (place, []))
            texts.append(line.text)
            if not line.whole:
                continue
            del pieces[line.stream]
            text = b"".join(texts)
        else:
            first, text = place, line.text
        last = before.get(line.stream)
        flags[first] = known if last is None else begins(text, last)
        before[line.stream] = text
    return flags


def _lines(data: bytes, start: int, end: int, framing: Framing) -> list[_Line]:
    read = _READERS.get(framing, _plain)
    return [read(at, line) for at, line in _split(data, start, end)]


def _split(data: bytes, start: int, end: int) -> Iterable[tuple[int, bytes]]:
    for line in data[start : end - 1].split(b"\n"):
        yield start, line.rstrip(b"\r")
        start += len(line) + 1


def _plain(at: int, line: bytes) -> _Line:
    return _Line(at, "", line, whole=True)


def _cri(at: int, line: bytes) -> _Line:
    found = _CRI.fullmatch(line)
    if found is None:
        return _Line(at, "", line, whole=True)
    return _Line(at, found[1].decode(), found[3] or b"", whole=found[2] == b"F")


def _docker(at: int, line: bytes) -> _Line:
    try:
        entry = orjson.loads(line)
        text, stream = entry["log"], entry["stream"]
        return _Line(at, stream, text.rstrip("\r\n").encode(), whole=text.endswith("\n"))
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return _Line(at, "", line, whole=True)


_READERS: dict[Framing, Callable[[int, bytes], _Line]] = {Framing.CRI: _cri, Framing.DOCKER: _docker}
