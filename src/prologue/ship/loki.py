"""Loki's push API in JSON: streams of `[time, line, structured metadata]`.

Loki knows no positions: what was taken but whose answer was lost is sent again. Entries that are equal in
stream, time and line are stored once by Loki itself, and times come from the lines' own where they have one.

Source: Loki HTTP API, "Ingest logs", POST /loki/api/v1/push.

Next chapter: `prologue.ship.otlp`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import orjson

from prologue.model.labels import sanitize_name
from prologue.model.payload import Payload
from prologue.ship.destination import Reply, Request, Verdict, verdict_of
from prologue.ship.native import tenant_headers
from prologue.ship.settings import Target
from prologue.ship.unwrap import SEVERITIES, SEVERITY_TEXTS, Records, unwrap

PUSH_PATH = "/loki/api/v1/push"
# Of a line's attributes, what is the same for very many lines and so may be a label.
LABELLED = "stream"

_ONLY = {LABELLED}
_LEVELS = dict(zip(SEVERITIES, SEVERITY_TEXTS, strict=True))


def with_path(url: str, path: str) -> str:
    """The address as given where it has a path, else with the protocol's.

    >>> with_path("http://loki:3100/", "/push"), with_path("http://gateway/custom", "/push")
    ('http://loki:3100/push', 'http://gateway/custom')
    """
    return url if urlsplit(url).path not in ("", "/") else url.rstrip("/") + path


class LokiDestination:
    """See `Destination`."""

    def __init__(self, target: Target, _source_prefix: str) -> None:
        self._url = with_path(target.url, PUSH_PATH)

    def request(self, payloads: Sequence[Payload]) -> Request:
        streams = [stream for payload in payloads for stream in _streams(payload)]
        headers = tenant_headers(payloads[0].tenant) | {"Content-Type": "application/json"}
        return Request(self._url, orjson.dumps({"streams": streams}), headers)

    def verdicts(self, reply: Reply, payloads: Sequence[Payload]) -> list[Verdict]:
        return [verdict_of(reply)] * len(payloads)

    def ask(self, sources: Sequence[str]) -> Request | None:  # noqa: ARG002 - the protocol's shape
        return None

    def positions(self, reply: Reply) -> list[int]:  # noqa: ARG002 - as above
        return []


def _streams(payload: Payload) -> list[dict[str, object]]:
    """The payload's records, a stream for each value of the attribute that is a label."""
    records = unwrap(payload)
    values: dict[str, list[list[object]]] = {}
    for row, attributes in zip(_values(records), records.attributes, strict=True):
        values.setdefault(attributes.get(LABELLED, ""), []).append(row)
    return [{"stream": _labels(payload.labels, stream), "values": rows} for stream, rows in values.items()]


def _values(records: Records) -> list[list[object]]:
    if not any(records.severities) and all(a.keys() <= _ONLY for a in records.attributes):
        return [[str(time), body] for time, body in zip(records.times, records.bodies, strict=True)]
    return [
        [str(time), body, _metadata(attributes, severity)]
        for time, body, attributes, severity in zip(
            records.times, records.bodies, records.attributes, records.severities, strict=True
        )
    ]


def _metadata(attributes: Mapping[str, str], severity: int) -> dict[str, str]:
    found = {sanitize_name(name): value for name, value in attributes.items() if name != LABELLED}
    return found | {"level": _LEVELS[severity]} if severity else found


def _labels(labels: Mapping[str, str], stream: str) -> dict[str, str]:
    return {**labels, LABELLED: stream} if stream else dict(labels)
