"""The text of a setting, read as its kind, with an error that says what the kind looks like.

A value is text wherever it comes from (a YAML scalar, an environment variable, a flag), so that
`seal_after: 0.25`, `PROLOGUE_BUFFER__SEAL_AFTER=250ms` and a flag are read by the same code. A list
or a map comes as text elements (from YAML) or as one text (from the environment).

Next chapter: `prologue.config.yaml_file` and `prologue.config.environment`, where the text is found.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from prologue.config.schema import Key, nearest
from prologue.config.units import format_duration, format_size, parse_duration, parse_size

Raw = str | list[str] | dict[str, str]
"""What a source found for one key: text, text elements, or text by name."""

_TRUE = {"true", "yes", "on", "1"}
_FALSE = {"false", "no", "off", "0"}


def parse_bool(text: str) -> bool:
    """`true`, `yes`, `on`, `1` and their opposites, in any case; else ValueError."""
    word = text.strip().lower()
    if word not in _TRUE | _FALSE:
        raise ValueError(f"{text!r} is neither true nor false; write true or false")
    return word in _TRUE


def parse_int(text: str) -> int:
    """A whole number, `_` between digits allowed; else ValueError."""
    try:
        return int(text.strip())
    except ValueError as error:
        raise ValueError(f"{text!r} is not a whole number; write it like 5000") from error


def parse_listen(text: str) -> tuple[str, int]:
    """Host and port of "127.0.0.1:3100", "[::1]:3100" or ":3100" (every address).

    Raises ValueError whose message says what an address looks like.

    >>> parse_listen("[::1]:3100"), parse_listen(":80")
    (('::1', 3100), ('0.0.0.0', 80))
    """
    host, colon, port = text.strip().rpartition(":")
    bracketed = host.startswith("[") and host.endswith("]")
    well_formed = colon and port.isascii() and port.isdigit() and (bracketed or ":" not in host)
    if not well_formed or any(c.isspace() or c == "/" for c in host):
        raise ValueError(f"{text!r} is not an address; write it like 127.0.0.1:3100 or [::1]:3100")
    if int(port) > 65535:
        raise ValueError(f"port {port} does not exist; the largest is 65535")
    return (host[1:-1] if bracketed else host) or "0.0.0.0", int(port)  # noqa: S104 - what ":3100" asks for


def _listen(text: str) -> str:
    parse_listen(text)
    return text.strip()


def _path(text: str) -> Path:
    if not text.strip():
        raise ValueError("an empty path; write a folder's name, like ./data or /var/lib/prologue")
    return Path(text).expanduser()


_SCALARS: Mapping[str, Callable[[str], Any]] = {
    "str": str,
    "bool": parse_bool,
    "int": parse_int,
    "duration": parse_duration,
    "size": parse_size,
    "listen": _listen,
    "listen_or_off": lambda text: _listen(text) if text.strip() else "",
    "path": _path,
    "yaml": str,
}


def parse_value(key: Key, raw: Raw) -> Any:
    """The value of one setting, checked against its bounds. Raises ValueError with the reason and cure."""
    if key.kind == "list":
        return tuple(_SCALARS[key.item](element) for element in _elements(raw))
    if key.kind == "map":
        return {name: _map_value(key, name, text) for name, text in _pairs(raw).items()}
    if not isinstance(raw, str):
        raise ValueError(f"takes one value, not a {'list' if isinstance(raw, list) else 'map'}")
    if key.kind == "choice":
        return _choice(raw, key.choices)
    return _bounded(key, _SCALARS[key.kind](raw))


def _map_value(key: Key, name: str, text: str) -> Any:
    value = _SCALARS[key.item](text)
    if key.at_least is not None and value < key.at_least:
        raise ValueError(f"{value} for {name!r} is too small; the least is {key.at_least:g}")
    return value


def _elements(raw: Raw) -> list[str]:
    if isinstance(raw, dict):
        raise ValueError("takes a list, not a map; write it like [a, b]")
    return [part.strip() for part in raw.split(",") if part.strip()] if isinstance(raw, str) else raw


def _pairs(raw: Raw) -> dict[str, str]:
    if isinstance(raw, list):
        raise ValueError("takes a map, not a list; write it like {a: 1, b: 2}")
    if isinstance(raw, dict):
        return raw
    pairs: dict[str, str] = {}
    for part in _elements(raw):
        name, equals, value = part.partition("=")
        if not equals:
            raise ValueError(f"{part!r} is not a pair; write it like a=1,b=2 or {{a: 1, b: 2}}")
        pairs[name.strip()] = value.strip()
    return pairs


def _choice(text: str, choices: tuple[str, ...]) -> str:
    word = text.strip().lower()
    if word not in choices:
        near = nearest(word, choices)
        raise ValueError(
            f"{text!r} is not one of {', '.join(choices)}" + (f"; did you mean {near}?" if near else "")
        )
    return word


def _bounded(key: Key, value: Any) -> Any:
    if key.at_least is not None and value < key.at_least:
        raise ValueError(f"{show_value(key, value)} is too small; the least is {_bound(key, key.at_least)}")
    if key.above is not None and value <= key.above:
        raise ValueError(
            f"{show_value(key, value)} is too small; it must be more than {_bound(key, key.above)}"
        )
    return value


def _bound(key: Key, bound: float) -> str:
    return show_value(key, bound if key.kind == "duration" else int(bound))


def show_value(key: Key, value: Any) -> str:
    """The value as a person would write it into the YAML file; a secret that is set shows as `***`."""
    if key.secret and value:
        return "***"
    if key.kind == "yaml":
        return "(YAML)" if value else '""'
    if key.kind == "list":
        return "[" + ", ".join(_quoted(str(element)) for element in value) + "]"
    if key.kind == "map":
        return "{" + ", ".join(f"{_quoted(str(n))}: {_quoted(str(v))}" for n, v in value.items()) + "}"
    if isinstance(value, bool):
        return "true" if value else "false"
    if key.kind == "duration":
        return format_duration(value)
    if key.kind == "size":
        return format_size(value)
    return str(value) if str(value) else '""'


def _quoted(text: str) -> str:
    plain = text and all(c.isalnum() or c in "._/-" for c in text)
    return text if plain else '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
