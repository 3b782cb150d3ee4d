"""Where to cut what was read: always after a whole record, never looking at records one by one.

A pure function of bytes. A plain chunk is cut after its last newline. Container runtimes break a
long line into several records (CRI marks all but the last `P`; Docker leaves the newline out of the
text), and the engine joins them again per payload, so a cut must not fall inside such a group:
`cut` steps back from the end over the open group only, and finds its way with `bytes.rfind`.

Sources: Kubernetes CRI log format (`<time> <stream> <P|F> <text>`); Docker's json-file driver, which
writes `{"log":"...\\n","stream":"stdout",...,"time":"..."}`.

Next chapter: `prologue.collect.file`, which reads and cuts.
"""

from __future__ import annotations

import enum
from collections.abc import Callable

STREAMS = (b"stdout", b"stderr")
# A container that writes these words into its own lines costs one more step each, up to here.
MAX_STEPS = 4096


class Framing(enum.StrEnum):
    """How records lie in a source's bytes; the name goes into the payload's params."""

    PLAIN = "plain"
    DOCKER = "docker"
    CRI = "cri"
    JOURNAL = "journal"


def cut(data: bytes, framing: Framing = Framing.PLAIN) -> int:
    """How many bytes from the start of `data` form whole records; 0 where none is complete.

    `data` begins at the start of a record.

    >>> cut(b"one\\ntwo\\nthr"), cut(b"no newline")
    (8, 0)
    >>> cut(b"t stdout F a\\nt stdout P b\\n", Framing.CRI)
    13
    """
    end = data.rfind(b"\n") + 1
    if framing is Framing.CRI:
        return _before_open_group(data, end, _last_partial_cri)
    if framing is Framing.DOCKER:
        return _before_open_group(data, end, _last_partial_docker)
    return end


LastPartial = Callable[[bytes, int, bytes], int]
"""Answers where the last record of a stream before `end` starts if it is partial, else -1."""


def _before_open_group(data: bytes, end: int, last_partial: LastPartial) -> int:
    """Move `end` back until no partial record before it waits for its continuation."""
    for _ in range(MAX_STEPS):
        starts = [start for stream in STREAMS if (start := last_partial(data, end, stream)) >= 0]
        if not starts:
            return end
        end = min(starts)
    return end


def _last_partial_cri(data: bytes, end: int, stream: bytes) -> int:
    partial = _rfind_header(data, b" " + stream + b" P", end)
    if partial < 0:
        return -1
    full = b" " + stream + b" F"
    at = data.find(full, partial, end)
    while at >= 0:
        if _is_header(data, at):
            return -1
        at = data.find(full, at + 1, end)
    return _line_start(data, partial)


def _rfind_header(data: bytes, mark: bytes, end: int) -> int:
    at = data.rfind(mark, 0, end)
    for _ in range(MAX_STEPS):
        if at < 0 or _is_header(data, at):
            return at
        at = data.rfind(mark, 0, at)
    return -1


def _is_header(data: bytes, at: int) -> bool:
    """Whether the blank at `at` is the first of its line, so that a time stamp stands before it."""
    return data.find(b" ", _line_start(data, at), at) < 0


def _line_start(data: bytes, at: int) -> int:
    return data.rfind(b"\n", 0, at) + 1


def _last_partial_docker(data: bytes, end: int, stream: bytes) -> int:
    # Quotes inside the text are escaped, so this can only be the end of the text.
    at = data.rfind(b'","stream":"' + stream + b'"', 0, end)
    if at < 0 or _ends_with_newline_escape(data, at):
        return -1
    return _line_start(data, at)


def _ends_with_newline_escape(data: bytes, at: int) -> bool:
    r"""Whether the text before `at` ends with the escape `\n`, not with a backslash and an n."""
    if data[at - 1 : at] != b"n":
        return False
    line = data[_line_start(data, at) : at - 1]
    return (len(line) - len(line.rstrip(b"\\"))) % 2 == 1
