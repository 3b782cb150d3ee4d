"""Text that is not UTF-8: files of a declared encoding are shipped and stored as UTF-8.

Positions go on counting the file's own bytes. A line end is found in them as they are: in every encoding
here the byte 0x0A is a line feed and nothing else (GBK, Big5 and Shift JIS use no byte below 0x30 as a
second one), but for UTF-16, where a line feed is two bytes at an even place. What cannot be decoded
becomes U+FFFD.

Next chapter: `prologue.collect.file`, which cuts; `prologue.collect.sender`, which converts.
"""

from __future__ import annotations

import codecs
from pathlib import Path

from prologue.model.errors import ConfigError

UTF16_LE, UTF16_BE = "utf-16-le", "utf-16-be"
_LINE_FEEDS = {UTF16_LE: b"\n\0", UTF16_BE: b"\0\n"}


def require_encoding(name: str, key: str) -> str:
    """The codec's own name. Raises `ConfigError` for one that is unknown or cannot be cut into lines."""
    try:
        codec = codecs.lookup(name).name
        cuts = codec in ("utf-16", *_LINE_FEEDS) or all(
            chr(code).encode(codec) == bytes((code,)) for code in range(0x30)
        )
    except (LookupError, UnicodeEncodeError, TypeError):
        cuts = False
    if not cuts:
        raise ConfigError(
            f"there is no encoding {name!r} that text files are cut by",
            key=key,
            cure="write one like gbk, gb18030, big5, shift_jis, latin-1, utf-16, utf-16-le or utf-16-be",
        )
    return codec


def of_file(path: str, declared: str) -> str:
    """The encoding of a file; for `utf-16` its mark decides, little-endian where it has none."""
    if declared != "utf-16":
        return declared
    try:
        with Path(path).open("rb") as file:
            return UTF16_BE if file.read(2) == codecs.BOM_UTF16_BE else UTF16_LE
    except OSError:
        return UTF16_LE  # gone: whoever opens it next will say so


def is_wide(encoding: str) -> bool:
    """Whether a character has two bytes at least."""
    return encoding in _LINE_FEEDS


def cut_wide(data: bytes, encoding: str) -> int:
    """How many bytes from the start of `data` form whole lines of UTF-16.

    >>> cut_wide("a\\nb".encode(UTF16_LE), UTF16_LE), cut_wide("\\u0a0a\\u0a0a".encode(UTF16_BE), UTF16_BE)
    (4, 0)
    """
    line_feed = _LINE_FEEDS[encoding]
    at = data.rfind(line_feed)
    while at > 0 and at % 2:
        at = data.rfind(line_feed, 0, at + 1)
    return at + 2 if at >= 0 else 0


def to_utf8(data: bytes, encoding: str, *, is_start: bool) -> bytes:
    """The bytes as UTF-8, without the mark that a file may begin with."""
    text = data.decode(encoding, errors="replace")
    return (text.removeprefix("\ufeff") if is_start else text).encode(errors="replace")
