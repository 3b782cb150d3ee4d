"""Label sets as Loki's push protocol writes them: `{app="cart", pod="cart-7"}`.

Source: Prometheus' label syntax; values are Go string literals ("Interpreted string literals" and
"Raw string literals" of the Go specification), in double quotes, single quotes or back-ticks.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache

from prologue.model.errors import UserError
from prologue.model.labels import canonical, with_service_name
from prologue.receive.fields import is_label_name

_PAIR = re.compile(
    r"\s*(?P<name>[a-zA-Z_][a-zA-Z0-9_]*)\s*=\s*"
    r"""(?:"(?P<double>(?:[^"\\\n]|\\.)*)"|'(?P<single>(?:[^'\\\n]|\\.)*)'|`(?P<raw>[^`]*)`)\s*"""
)

_BLANK = re.compile(r"\s*")

_MAX_TEXT = 65_536
_MAX_REMEMBERED = 2048  # characters; times the cache's size this bounds what a sender can make it hold

_ESCAPE = re.compile(
    r"""\\(?:([abfnrtv\\"'])|x([0-9a-fA-F]{2})|([0-7]{3})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|(.))""", re.S
)

_SIMPLE = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    '"': '"',
    "'": "'",
}


def bad_labels(reason: str, text: str) -> UserError:
    return UserError(
        f"the stream's labels {text[:80]!r} {reason}",
        cure='write {app="cart", pod="cart-7"}: names of letters, digits and underscores, quoted values',
        code="bad_labels",
    )


def stream_of_text(text: str, discover_service_name: bool) -> str:
    """The canonical label set of a label text. Senders repeat few texts, so short ones are remembered.

    Raises `UserError` with code `bad_labels`, which names the column counted from 1.
    """
    if len(text) > _MAX_TEXT:
        raise bad_labels(f"are over {_MAX_TEXT} characters", text)
    read = _remembered if len(text) <= _MAX_REMEMBERED else _stream_of_text
    return read(text, discover_service_name)


def _stream_of_text(text: str, discover_service_name: bool) -> str:
    return stream_of_labels(parse_labels(text), discover_service_name)


_remembered = lru_cache(maxsize=16_384)(_stream_of_text)


def stream_of_labels(labels: Mapping[str, str], discover_service_name: bool) -> str:
    """The canonical label set; empty values are left out, as in Prometheus."""
    if discover_service_name:
        return canonical(with_service_name(labels))
    return canonical({name: value for name, value in labels.items() if value})


def check_names(labels: Mapping[str, str]) -> None:
    """Raises `UserError` for a name that Prometheus' label syntax could not write."""
    for name in labels:
        if not is_label_name(name):
            raise bad_labels(f"have the name {name[:40]!r}, which is no label name", str(dict(labels)))


def parse_labels(text: str) -> dict[str, str]:
    """The labels in a text.

    >>> parse_labels('{app="cart", path="a\\\\tb"}')
    {'app': 'cart', 'path': 'a\\tb'}
    """
    body = text.strip()
    if not (body.startswith("{") and body.endswith("}") and len(body) > 1):
        raise bad_labels("are not in braces", text)
    labels: dict[str, str] = {}
    position, end = 1, len(body) - 1
    while _blank_until(body, position) < end:
        pair = _PAIR.match(body, position, end)
        if pair is None:
            raise bad_labels(f"cannot be read at column {position + 1}", text)
        if pair["name"] in labels:
            raise bad_labels(f"have {pair['name']!r} twice", text)
        labels[pair["name"]] = _value(pair, text)
        position = pair.end()
        if position < end:
            if body[position] != ",":
                raise bad_labels(f"miss a comma at column {position + 1}", text)
            position += 1
    return labels


def _blank_until(body: str, position: int) -> int:
    """Where the blanks at `position` end."""
    blank = _BLANK.match(body, position)
    return blank.end() if blank else position


def _value(pair: re.Match[str], text: str) -> str:
    if pair["raw"] is not None:
        return pair["raw"].replace("\r", "")
    quoted = pair["double"] if pair["double"] is not None else pair["single"]
    if "\\" not in quoted:
        return quoted
    try:
        # Escapes of single bytes may spell one character together, so they are joined as bytes.
        return b"".join(_unescape(quoted)).decode("utf-8", "replace")
    except ValueError as error:
        raise bad_labels(f"have a bad escape in {pair['name']!r}: {error}", text) from error


def _unescape(quoted: str) -> list[bytes]:
    parts = []
    position = 0
    for escape in _ESCAPE.finditer(quoted):
        parts.append(quoted[position : escape.start()].encode())
        parts.append(_escaped(escape))
        position = escape.end()
    parts.append(quoted[position:].encode())
    return parts


def _escaped(escape: re.Match[str]) -> bytes:
    simple, hexadecimal, octal, short, long, unknown = escape.groups()
    if unknown is not None:
        raise ValueError(f"\\{unknown} is no escape of Go")
    if simple is not None:
        return _SIMPLE[simple].encode()
    if hexadecimal is not None:
        return bytes([int(hexadecimal, 16)])
    if octal is not None:
        return bytes([int(octal, 8)])  # bytes() itself refuses what is over 255
    return chr(int(short or long, 16)).encode()  # chr() and encode() refuse what is no character
