"""How the logging libraries of the estate spell an event: six formats, as found in the wild.

nginx's combined log with request time and trace; JSON as pino and zap write it; klog's header;
logback's pattern with a stack trace; logfmt; Python's logging.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import orjson

from prologue.cli.demo.estate import Format

Value = str | int | float

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_PINO_LEVELS = {"debug": 20, "info": 30, "warn": 40, "error": 50}


@dataclass(frozen=True, slots=True)
class Event:
    """What a service has to say. `where` is the code that says it; `stack` further lines of it."""

    level: str
    message: str
    where: str
    fields: Mapping[str, Value] = field(default_factory=dict)
    stack: tuple[str, ...] = ()


def spell(times: npt.NDArray[np.int64], events: list[Event], form: Format) -> list[str]:
    """The text of each event at its time (Unix ns)."""
    stamps = np.datetime_as_string(times.astype("datetime64[ns]"), unit="us").tolist()
    write = _FORMATS[form]
    return [write(stamp, event) for stamp, event in zip(stamps, events, strict=True)]


def _nginx(stamp: str, event: Event) -> str:
    month = _MONTHS[int(stamp[5:7]) - 1]
    when = f"{stamp[8:10]}/{month}/{stamp[:4]}:{stamp[11:19]} +0000"
    if "status" not in event.fields:
        level = "notice" if event.level == "info" else event.level
        return f"{stamp[:10].replace('-', '/')} {stamp[11:19]} [{level}] 1#1: {event.message}"
    f = event.fields
    return (
        f'{f["client"]} - - [{when}] "{f["method"]} {f["path"]} HTTP/1.1" {f["status"]} {f["bytes"]}'
        f' "-" "{f["agent"]}" rt={f["seconds"]} trace={f["trace_id"]}'
    )


def _json(stamp: str, event: Event) -> str:
    record = {"level": _PINO_LEVELS[event.level], "time": f"{stamp[:23]}Z", "msg": event.message}
    return orjson.dumps({"severity": event.level, **record, **event.fields}).decode()


def _zap(stamp: str, event: Event) -> str:
    record = {"level": event.level, "ts": f"{stamp}Z", "caller": event.where, "msg": event.message}
    return orjson.dumps({**record, **event.fields}).decode()


def _klog(stamp: str, event: Event) -> str:
    head = f"{event.level[0].upper()}{stamp[5:7]}{stamp[8:10]} {stamp[11:26]}       1 {event.where}]"
    pairs = "".join(f" {name}={_quoted(value)}" for name, value in event.fields.items())
    return f'{head} "{event.message}"{pairs}'


def _java(stamp: str, event: Event) -> str:
    level = {"warn": "WARN ", "info": "INFO "}.get(event.level, event.level.upper())
    thread = event.fields.get("thread", "main")
    trace = event.fields.get("trace_id", "")
    head = f"{stamp[:10]} {stamp[11:19]},{stamp[20:23]} {level} [{thread}] [{trace}] {event.where} - "
    return "\n".join((head + event.message, *event.stack))


def _logfmt(stamp: str, event: Event) -> str:
    pairs = "".join(f" {name}={_bare(value)}" for name, value in event.fields.items())
    return f'time={stamp[:23]}Z level={event.level} msg="{event.message}"{pairs}'


def _python(stamp: str, event: Event) -> str:
    level = {"warn": "WARNING"}.get(event.level, event.level.upper())
    pairs = "".join(f" {name}={_bare(value)}" for name, value in event.fields.items())
    head = f"{stamp[:10]} {stamp[11:19]},{stamp[20:23]} {level:<8} {event.where}: {event.message}{pairs}"
    return "\n".join((head, *event.stack))


def _quoted(value: Value) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value)


def _bare(value: Value) -> str:
    text = str(value)
    return f'"{text}"' if " " in text or not text else text


_FORMATS: Mapping[Format, Callable[[str, Event], str]] = {
    "nginx": _nginx,
    "json": _json,
    "klog": _klog,
    "java": _java,
    "logfmt": _logfmt,
    "zap": _zap,
    "python": _python,
}
