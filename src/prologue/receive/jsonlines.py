"""JSON lines over HTTP: one object a line, kept raw; the engine parses it at insert.

Parameters are VictoriaLogs' (its "HTTP parameters" page), as a URL parameter or, second in
priority, as a `VL-` header:

- `_time_field`, `_msg_field`: where the time and the message stand; several names joined by commas
  are alternatives, the first that is not empty counts.
- `_stream_fields`: the fields that identify the stream.
- `extra_fields`: `name=value` pairs that hold for the whole body, so they become stream labels.

A parameter we do not know is refused: a misspelt one must not change what is stored in silence.
Only the first line is looked at here; a line that is no object is stored whole by the parser, with
the reason in `__error__`. Next chapter: `prologue.parse`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import islice

import numpy as np
import orjson

from prologue.model.errors import PayloadError
from prologue.model.payload import Payload, PayloadFormat
from prologue.receive.answers import PlainAnswers
from prologue.receive.columns import require_few
from prologue.receive.fields import bad_parameter, field_names, require_label_name
from prologue.receive.guards import MAX_JSON_VALUES, json_values
from prologue.receive.receiver import Decoded, Push, Receiver
from prologue.receive.settings import ReceiveSettings

_FIELD_LISTS = {
    "_time_field": ("vl-time-field", "time_field"),
    "_msg_field": ("vl-msg-field", "message_field"),
    "_stream_fields": ("vl-stream-fields", "stream_fields"),
    "ignore_fields": ("vl-ignore-fields", "ignore_fields"),
}
"""URL parameter: (header, key in `Payload.params`)."""

_EXTRA_FIELDS = ("extra_fields", "vl-extra-fields")

PARAMETERS = (*_FIELD_LISTS, _EXTRA_FIELDS[0])
"""What a URL may say."""

_NOT_BLANK = re.compile(rb"\S")
_CANDIDATE = re.compile(rb"^[ \t]*\{[^\r\n]*", re.MULTILINE)

# A body whose first line is no object is searched for one that is. The search is bounded so that a
# hostile body cannot hold a thread; past the bound the body is taken, and bad lines keep their reason.
_MAX_CANDIDATES = 10_000


def decode(push: Push, settings: ReceiveSettings) -> Decoded:
    """One payload of raw lines. Raises `PayloadError` where no line is a JSON object."""
    params, labels = read_parameters(push)
    records = count_lines(push.body)
    require_few(records, settings.max_body_records)
    require_an_object(push.body)
    payload = Payload(
        tenant=push.tenant,
        format=PayloadFormat.JSON_LINES,
        data=push.body,
        received_ns=push.received_ns,
        labels=labels,
        params=params,
        records=records,
    )
    return Decoded((payload,), records)


def read_parameters(
    push: Push, defaults: Mapping[str, str] | None = None
) -> tuple[dict[str, str], dict[str, str]]:
    """`Payload.params` and `Payload.labels` from the URL and the headers, over `defaults` for the former."""
    query: dict[str, str] = {}
    for name, value in push.query:
        if name not in PARAMETERS:
            raise bad_parameter(f"unknown parameter {name[:40]!r}", "known are " + ", ".join(PARAMETERS))
        query.setdefault(name, value)
    params = dict(defaults or {})
    for name, (header, key) in _FIELD_LISTS.items():
        names = field_names(name, query.get(name) or push.headers.get(header, ""))
        if names:
            params[key] = ",".join(names)
    extra = query.get(_EXTRA_FIELDS[0]) or push.headers.get(_EXTRA_FIELDS[1], "")
    return params, _extra_labels(extra)


def json_lines(
    push: Push,
    lines: Sequence[bytes],
    defaults: Mapping[str, str],
    labels: Mapping[str, str] | None = None,
) -> Decoded:
    """Objects of another protocol as JSON lines. `defaults` name its fields, which our own parameters may
    name otherwise; `labels` hold for all of the objects."""
    if not lines:
        return Decoded((), 0)
    params, own = read_parameters(own_parameters(push), defaults)
    payload = Payload(
        tenant=push.tenant,
        format=PayloadFormat.JSON_LINES,
        data=b"\n".join(lines),
        received_ns=push.received_ns,
        labels={**(labels or {}), **own},
        params=params,
        records=len(lines),
    )
    return Decoded((payload,), len(lines))


def own_parameters(push: Push) -> Push:
    """The push less parameters that are not ours: of a protocol that has its own, which mean nothing here."""
    return replace(push, query=tuple(pair for pair in push.query if pair[0] in PARAMETERS))


def _extra_labels(text: str) -> dict[str, str]:
    labels = {}
    for pair in filter(None, (part.strip() for part in text.split(","))):
        name, equals, value = pair.partition("=")
        if not equals:
            raise bad_parameter(
                f"extra_fields has {pair[:40]!r}, which is no name=value pair",
                "join pairs by commas, as in extra_fields=env=prod,region=eu",
            )
        labels[require_label_name(name.strip(), "in extra_fields,")] = value.strip()
    return labels


def require_an_object(body: bytes) -> None:
    """Raises `PayloadError` unless some line is a JSON object (see `_MAX_CANDIDATES`)."""
    first = _NOT_BLANK.search(body)
    if first is None:
        raise PayloadError("the body has no lines", cure="send one JSON object a line")
    end = body.find(b"\n", first.start())
    reason = _why_no_object(body[first.start() : end if end >= 0 else len(body)])
    if not reason:
        return
    lines = list(islice(_CANDIDATE.finditer(body), _MAX_CANDIDATES))
    if len(lines) == _MAX_CANDIDATES or any(not _why_no_object(line.group()) for line in lines):
        return
    raise PayloadError(
        f"no line is a JSON object; the first one: {reason}",
        index=0,
        cure='send one JSON object a line, as in {"_time":"2026-01-31T10:00:00Z","_msg":"hello"}; '
        "plain text goes to /insert/lines",
    )


def _why_no_object(line: bytes) -> str:
    """Empty where the line is a JSON object, or too rich to be looked at here."""
    if json_values(line) > MAX_JSON_VALUES:
        return ""
    try:
        value = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return f"{error.msg} at column {error.colno}"
    return "" if isinstance(value, dict) else f"it is JSON, but of type {type(value).__name__}"


def count_lines(body: bytes) -> int:
    """Line ends, plus one for a last line without; blank lines count too."""
    # numpy compares at the speed of memory; bytes.count takes a step for each line end.
    ends = np.count_nonzero(np.frombuffer(body, np.uint8) == ord("\n"))
    return int(ends) + (not body.endswith(b"\n"))


RECEIVER = Receiver("jsonline", ("/insert/jsonline",), decode, PlainAnswers())
