"""Raw payloads as records, for endpoints that know nothing of Docker, CRI or the journal.

A Prologue server unwraps in its engine; an agent has none. The bytes of a whole payload are taken apart by
one compiled expression or one JSON decoder; what is left of Python for a line is its time, and that is
looked up by its second. Pieces of lines that a runtime cut are put together again where there are any.

Lines that are not of their framing are kept whole, with the attribute `__error__`. Bytes that are not
UTF-8 are replaced by U+FFFD, because neither protocol can carry them.

Sources: Kubernetes' CRI log format; Docker's json-file driver; systemd's Journal JSON Format and
systemd.journal-fields(7); RFC 3339.

Next chapter: `prologue.ship.loki` and `prologue.ship.otlp`, which encode the records.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any

import msgspec
import orjson

from prologue.model.multiline import Rule, matcher, of_params
from prologue.model.payload import Payload, PayloadFormat

Attributes = Mapping[str, str]
Piece = tuple[int, str, str, bool]
"""(time, stream or "" where the line is not of its framing, text, whether the line ends here)"""

NOTHING: Attributes = {}
ERROR = "__error__"

# syslog's priorities as OpenTelemetry's severity numbers (Logs Data Model, appendix B).
SEVERITIES = (21, 19, 18, 17, 13, 10, 9, 5)
SEVERITY_TEXTS = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug")


@dataclass(frozen=True, slots=True)
class Records:
    """Columns of equal length. `times` are Unix ns; mappings are shared between records, so never changed."""

    times: Sequence[int]
    bodies: Sequence[str]
    attributes: Sequence[Attributes]
    severities: Sequence[int]


def unwrap(payload: Payload) -> Records:
    """The records of a payload, in order."""
    data = payload.data if isinstance(payload.data, bytes) else bytes(payload.data)
    if payload.format is PayloadFormat.JSON_LINES:
        return _json_lines(data, payload)
    framing = payload.params.get("framing", "plain")
    return _FRAMINGS.get(framing, _plain)(data, payload)


def _plain(data: bytes, payload: Payload) -> Records:
    rule = of_params(payload.params)
    bodies = _texts(data) if rule is None else [line[2] for line in _together(_text_pieces(data), rule)]
    return _made([0] * len(bodies), bodies, [NOTHING] * len(bodies), payload)


def _made(
    times: list[int],
    bodies: list[str],
    attributes: list[Attributes],
    payload: Payload,
    severities: Sequence[int] = (),
) -> Records:
    """Records; those without a time of their own got theirs when they were read, 1 ns apart to keep order."""
    read = payload.received_ns
    own = [time or read + place for place, time in enumerate(times)]
    return Records(own, bodies, attributes, severities or [0] * len(bodies))


def _texts(data: bytes) -> list[str]:
    lines = data.decode(errors="replace").split("\n")
    return [line[:-1] if line.endswith("\r") else line for line in lines if line not in ("", "\r")]


def _text_pieces(data: bytes) -> list[Piece]:
    return [(0, "", line.removesuffix("\r"), True) for line in data.decode(errors="replace").split("\n")]


def _together(pieces: Sequence[Piece], rule: Rule) -> list[Piece]:
    """Lines joined by their rule, each stream by itself: a record has its first line's time and place."""
    begins = matcher(rule).begins
    records: list[tuple[int, str, list[str]]] = []
    open_at: dict[str, int] = {}
    before: dict[str, bytes] = {}
    for time, stream, text, _ in pieces:
        line = text.encode()
        if stream not in open_at or begins(line, before[stream]):
            open_at[stream] = len(records)
            records.append((time, stream, [text]))
        else:
            records[open_at[stream]][2].append(text)
        before[stream] = line
    joined = [(time, stream, "\n".join(texts).rstrip("\r\n"), True) for time, stream, texts in records]
    return [piece for piece in joined if piece[1] or piece[2]]


# CRI

_CRI = re.compile(r"^(?:(\S+) (stdout|stderr) ([FP])[^ \n]*(?: (.*)|)|(.+))$", re.MULTILINE)
_STREAMS: Mapping[str, Attributes] = {name: {"stream": name} for name in ("stdout", "stderr")}
_CRI_ERROR: Attributes = {ERROR: "CRIParserErr"}
_DOCKER_ERROR: Attributes = {ERROR: "DockerParserErr"}
_JOURNAL_ERROR: Attributes = {ERROR: "JournalParserErr"}


def _cri(data: bytes, payload: Payload) -> Records:
    pieces: list[Piece] = [
        (to_ns(time), stream, text, flag == "F") if stream else (0, "", other, True)
        for time, stream, flag, text, other in _CRI.findall(data.decode(errors="replace"))
    ]
    return _joined(pieces, " P" in _flags(data), _CRI_ERROR, payload)


def _flags(data: bytes) -> str:
    return " P" if b" stdout P" in data or b" stderr P" in data else ""


def _joined(pieces: list[Piece], partial: bool, error: Attributes, payload: Payload) -> Records:
    if partial:
        pieces = _without_pieces(pieces)
    if (rule := of_params(payload.params)) is not None:
        pieces = _together(pieces, rule)
    attributes = [_STREAMS[stream] if stream else error for _, stream, _, _ in pieces]
    bodies = [text[:-1] if text.endswith("\r") else text for _, _, text, _ in pieces]
    return _made([time for time, *_ in pieces], bodies, attributes, payload)


def _without_pieces(pieces: list[Piece]) -> list[Piece]:
    """Pieces put together, each stream by itself: a line has the time of its first piece, and its place."""
    whole: list[Piece] = []
    begun: dict[str, tuple[int, list[str]]] = {}
    for time, stream, text, ends in pieces:
        if not stream or (ends and stream not in begun):
            whole.append((time, stream, text, True))
            continue
        first, texts = begun.setdefault(stream, (time, []))
        texts.append(text)
        if ends:
            whole.append((first, stream, "".join(texts), True))
            del begun[stream]
    whole += [(first, stream, "".join(texts), True) for stream, (first, texts) in begun.items()]
    return whole


# Docker


class _Entry(msgspec.Struct):
    log: str
    stream: str
    time: str


_ENTRY = msgspec.json.Decoder(_Entry)


def _docker(data: bytes, payload: Payload) -> Records:
    try:
        entries: Sequence[_Entry | str] = _ENTRY.decode_lines(data)
    except (msgspec.DecodeError, UnicodeDecodeError):
        entries = [_entry(line) for line in data.split(b"\n") if line.strip()]
    pieces = [_docker_piece(entry) for entry in entries]
    return _joined(pieces, not all(ends for *_, ends in pieces), _DOCKER_ERROR, payload)


def _entry(line: bytes) -> _Entry | str:
    text = line.decode(errors="replace")
    try:
        return _ENTRY.decode(text)
    except msgspec.DecodeError:
        return text


def _docker_piece(entry: _Entry | str) -> Piece:
    if isinstance(entry, str) or entry.stream not in _STREAMS:
        text = entry if isinstance(entry, str) else msgspec.json.encode(entry).decode()
        return 0, "", text, True
    ends = entry.log.endswith("\n")
    return to_ns(entry.time), entry.stream, entry.log[:-1] if ends else entry.log, ends


# The journal

_JOURNAL_OWN = frozenset(
    (
        "MESSAGE",
        "PRIORITY",
        "__CURSOR",
        "__REALTIME_TIMESTAMP",
        "__MONOTONIC_TIMESTAMP",
        "__SEQNUM",
        "__SEQNUM_ID",
        "_BOOT_ID",
        "_MACHINE_ID",
        "_SOURCE_REALTIME_TIMESTAMP",
    )
)


def _journal(data: bytes, payload: Payload) -> Records:
    times, bodies, severities = [], [], []
    attributes: list[Attributes] = []
    for line in data.split(b"\n"):
        if not line.strip():
            continue
        entry = _object(line)
        if entry is None:
            times.append(0)
            bodies.append(line.decode(errors="replace"))
            attributes.append(_JOURNAL_ERROR)
            severities.append(0)
            continue
        microseconds = str(entry.get("__REALTIME_TIMESTAMP", ""))
        times.append(int(microseconds) * 1000 if microseconds.isdigit() else 0)
        bodies.append(_journal_text(entry.get("MESSAGE", "")))
        priority = str(entry.get("PRIORITY", ""))
        severities.append(SEVERITIES[int(priority)] if priority in "01234567" and priority else 0)
        attributes.append(
            {
                name: _journal_text(value)
                for name, value in entry.items()
                if name not in _JOURNAL_OWN and value not in ("", None)
            }
        )
    return _made(times, bodies, attributes, payload, severities)


def _journal_text(value: Any) -> str:
    """A field: text, an array of byte values where it is not text, or several values."""
    if isinstance(value, str):
        return value
    if isinstance(value, list) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in value):
        return bytes(value).decode(errors="replace")
    return "" if value is None else orjson.dumps(value).decode()


# Syslog: a line is the sender, a tab, and the message (`prologue.parse.syslog` has the whole story)

_SYSLOG = re.compile(
    r"^(?:[^\t\n]*\t)?<(\d{1,3})>(?:1 (\S+) (\S+) (\S+) (\S+) (\S+) (?:-|((?:\[[^\]]*\])+)) ?\ufeff?"
    r"|([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d )?(?:(\S*[^\s:\[]) )?([^\s:\[\]]+)(?:\[([^\]\s]*)\])?: )(.*)$"
)


def _syslog(data: bytes, payload: Payload) -> Records:
    times, bodies, severities = [], [], []
    attributes: list[Attributes] = []
    for line in _texts(data):
        found = _SYSLOG.match(line)
        times.append(to_ns(found[2]) if found and found[2] else 0)
        if found is None:
            bodies.append(line.partition("\t")[2] or line)
            attributes.append({ERROR: "SyslogParserErr"})
            severities.append(0)
            continue
        priority, _, host, app, procid, msgid, elements, _, host3, tag, pid, text = found.groups()
        bodies.append(text)
        severities.append(SEVERITIES[int(priority) % 8])
        named = {
            "host": host or host3 or line.partition("\t")[0],
            "appname": app or tag,
            "procid": procid or pid,
            "msgid": msgid,
            "structured_data": elements,
        }
        attributes.append({name: value for name, value in named.items() if value and value != "-"})
    return _made(times, bodies, attributes, payload, severities)


# JSON lines


def _json_lines(data: bytes, payload: Payload) -> Records:
    message_field = payload.params.get("message_field") or "_msg"
    time_field = payload.params.get("time_field") or "_time"
    times, bodies = [], []
    attributes: list[Attributes] = []
    for line in data.split(b"\n"):
        if not line.strip():
            continue
        entry = _object(line)
        if entry is None:
            times.append(0)
            bodies.append(line.decode(errors="replace"))
            attributes.append({ERROR: "JSONParserErr"})
            continue
        flat = dict(_flattened("", entry))
        times.append(to_ns(flat.pop(time_field, "")))
        bodies.append(flat.pop(message_field, "") or line.decode(errors="replace"))
        attributes.append(flat)
    return _made(times, bodies, attributes, payload)


def _flattened(prefix: str, value: Mapping[str, Any]) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, inner in value.items():
        if isinstance(inner, dict) and inner:
            found += _flattened(f"{prefix}{name}.", inner)
        elif inner not in ("", None):
            found.append((prefix + name, inner if isinstance(inner, str) else orjson.dumps(inner).decode()))
    return found


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = orjson.loads(line)
    except orjson.JSONDecodeError:
        try:
            found = orjson.loads(line.decode(errors="replace"))
        except orjson.JSONDecodeError:
            return None
    return found if isinstance(found, dict) else None


# Times


def to_ns(text: str) -> int:
    """Unix ns of an RFC 3339 time, 0 where the text is none.

    >>> to_ns("2016-10-06T00:17:09.669794202Z"), to_ns("1970-01-01T02:00:00.5+01:00"), to_ns("noon")
    (1475713029669794202, 3600500000000, 0)
    """
    if text[-1:] == "Z":
        whole, fraction, zone = text[:19], text[20:-1], "Z"
    else:
        whole, fraction, zone = text[:19], text[20:-6], text[-6:]
    if fraction and not (fraction.isascii() and fraction.isdigit()):
        return 0
    seconds = _seconds(whole, zone)
    return seconds * 1_000_000_000 + int(fraction[:9].ljust(9, "0") if fraction else 0) if seconds else 0


@lru_cache(maxsize=4096)
def _seconds(whole: str, zone: str) -> int:
    try:
        if zone == "Z":
            return timegm(datetime.strptime(whole, "%Y-%m-%dT%H:%M:%S").timetuple())  # noqa: DTZ007 - it is UTC
        return int(datetime.fromisoformat(whole + zone).timestamp())
    except ValueError:
        return 0


_FRAMINGS: Mapping[str, Callable[[bytes, Payload], Records]] = {
    "plain": _plain,
    "cri": _cri,
    "docker": _docker,
    "journal": _journal,
    "syslog": _syslog,
}
