"""Text that is safe and legible on a terminal.

A log line is written by strangers. Colours in it are kept; every other control character is shown
as an escape, so that a line can neither move the cursor nor retitle the window nor hide another.
"""

from __future__ import annotations

import re
import unicodedata

import click

LEVEL_STYLES: dict[str, dict[str, object]] = {
    "trace": {"fg": "bright_black"},
    "debug": {"fg": "cyan"},
    "info": {"fg": "green"},
    "warn": {"fg": "yellow"},
    "error": {"fg": "red"},
    "critical": {"fg": "magenta", "bold": True},
    "fatal": {"fg": "magenta", "bold": True},
}

_COLOUR = re.compile(r"(\x1b\[[0-9;]*m)")
_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_RESET = "\x1b[0m"


def safe(text: str) -> str:
    """The text with colours kept and closed, and control characters escaped. Newlines and tabs stay.

    >>> safe("a\\x07b")
    'a\\\\x07b'
    """
    if not _CONTROL.search(text):
        return text
    parts = _COLOUR.split(text)
    shown = "".join(part if i % 2 else _CONTROL.sub(_escape, part) for i, part in enumerate(parts))
    return shown + _RESET if len(parts) > 1 else shown


def _escape(match: re.Match[str]) -> str:
    code = ord(match[0])
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}"


def level(name: str) -> str:
    """A level in its colour, padded to the width of a column."""
    style = LEVEL_STYLES.get(name, {"fg": "bright_black"})
    return click.style(f"{name[:8]:<8}", **style)  # type: ignore[arg-type]  # a table of click's own arguments


def labels(pairs: dict[str, str]) -> str:
    """Labels as a selector would name them.

    >>> labels({"app": "cart", "pod": "a\\"b"})
    '{app="cart", pod="a\\\\"b"}'
    """
    quoted = (f"{n}={_quote(v)}" for n, v in sorted(pairs.items()))
    return "{" + ", ".join(quoted) + "}"


def _quote(value: str) -> str:
    return '"' + safe(value).replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def caret(text: str, line: int, column: int) -> str:
    """The line of `text` that is meant, and a caret under its column. Both count from 1."""
    lines = text.splitlines() or [""]
    shown = lines[min(line, len(lines)) - 1].expandtabs(1)
    pad = sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in shown[: column - 1])
    pad += max(0, column - 1 - len(shown))
    return f"  {safe(shown)}\n  {' ' * pad}{click.style('^', fg='red', bold=True)}"
