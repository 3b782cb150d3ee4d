"""The systemd journal of other machines: `POST /insert/journald/upload`, as systemd-journal-upload sends it.

A machine that was cut off for a day sends that day in one body, so the body is stored in pieces, each
durable before the next is read. An entry's cursor says which journal it is of and its number there; the
buffer takes these for positions in a source, so what is sent again after a failure is stored once.

| journal | here |
|---|---|
| `MESSAGE` | the line |
| `__REALTIME_TIMESTAMP` | the time |
| `PRIORITY` | the severity |
| `_HOSTNAME`, `_SYSTEMD_UNIT`, `CONTAINER_NAME` | labels `host`, `unit`, `container`; `source="journal"` |
| the other fields | attributes |

Source: systemd-journal-upload(8); systemd.journal-fields(7). Next chapter:
`prologue.receive.journald.export`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from prologue.model.errors import LimitError, PositionConflict, UserError
from prologue.model.labels import SERVICE_NAME, UNKNOWN_SERVICE, canonical
from prologue.model.payload import Payload, SourcePosition
from prologue.receive.answers import PlainAnswers
from prologue.receive.arrow import Array, pa, pc
from prologue.receive.columns import (
    Columns,
    Ints,
    attribute_maps,
    attribute_names,
    dictionary,
    records_payload,
    require_few,
    require_few_attributes,
    text,
)
from prologue.receive.journald.export import Fields, find_fields, whole_entries
from prologue.receive.receiver import Decoded, Pieces, Push, Receiver
from prologue.receive.settings import ReceiveSettings

CONTENT_TYPE = "application/vnd.fdo.journal"
MAX_SOURCES = 4096
"""Journals and boots whose entries one body or piece may mix; each becomes a payload with its position."""

_PRIORITIES = ("emerg", "alert", "crit", "err", "warning", "notice", "info", "debug", "")
_SEVERITIES = np.array([21, 19, 18, 17, 13, 10, 9, 5, 0])
_LABELS = ("_HOSTNAME", "_SYSTEMD_UNIT", "CONTAINER_NAME", "SYSLOG_IDENTIFIER", "_COMM")
# What became columns or labels, and the journal's own bookkeeping.
_TAKEN = frozenset(
    {"MESSAGE", "PRIORITY", "_HOSTNAME", "_SYSTEMD_UNIT", "CONTAINER_NAME", "__CURSOR", "__SEQNUM"}
    | {"__SEQNUM_ID", "__REALTIME_TIMESTAMP", "__MONOTONIC_TIMESTAMP", "_BOOT_ID", "_MACHINE_ID"}
    | {"_SOURCE_REALTIME_TIMESTAMP", "_SOURCE_MONOTONIC_TIMESTAMP", "_SOURCE_BOOTTIME_TIMESTAMP"}
)
# The journal's id, the entry's number in it, the boot. Machines made from one image share a journal's id.
_CURSOR = "^s=(?P<journal>[0-9a-f]{32});i=(?P<number>[0-9a-f]{1,15});b=(?P<boot>[0-9a-f]{32});"


@dataclass(frozen=True, slots=True)
class Entries:
    """The fields of a body; `codes` say which of the `distinct` names each field has."""

    fields: Fields
    distinct: list[str]
    codes: Ints
    values: Array

    @classmethod
    def of(cls, body: bytes) -> Entries:
        fields = find_fields(body)
        names, values = fields.texts(body)
        coded = text(names).dictionary_encode()
        return cls(fields, coded.dictionary.to_pylist(), coded.indices.to_numpy().astype(np.int64), values)

    def column(self, name: str) -> Array:
        """The first value of a field of each entry, empty where there is none."""
        count = self.fields.entries
        if name not in self.distinct:
            return pa.repeat(pa.scalar(b"", pa.large_binary()), count)
        found = np.flatnonzero(self.codes == self.distinct.index(name))
        row, first = np.unique(self.fields.row[found], return_index=True)
        at = np.full(count, len(self.values))
        at[row] = found[first]
        return pa.concat_arrays([self.values, pa.array([b""], pa.large_binary())]).take(pa.array(at))

    def others(self) -> Ints:
        """The fields that become attributes."""
        taken = [place for place, name in enumerate(self.distinct) if name in _TAKEN]
        return np.flatnonzero(~np.isin(self.codes, taken))


@dataclass(frozen=True, slots=True)
class Cursors:
    """Of each entry: the source it is of, empty where its cursor says none, and its number there."""

    sources: list[str]
    numbers: Ints

    @classmethod
    def of(cls, entries: Entries) -> Cursors:
        found = pc.extract_regex(text(entries.column("__CURSOR")).cast(pa.string()), _CURSOR).to_pylist()
        return cls(
            [f"journald:{cursor['journal']}/{cursor['boot']}" if cursor else "" for cursor in found],
            np.array([int(cursor["number"], 16) if cursor else 0 for cursor in found], np.int64),
        )

    def position(self, tenant: str) -> SourcePosition | None:
        """Of entries of one source, in order; None where they are not."""
        numbers = self.numbers
        if not self.sources[0] or (np.diff(numbers) <= 0).any():
            return None
        return SourcePosition(own_source(tenant, self.sources[0]), int(numbers[0]), int(numbers[-1]) + 1)


def own_source(tenant: str, source: str) -> str:
    """The source as the buffer knows it: two tenants' never meet."""
    return f"{tenant}/{source}"


def decode(push: Push, settings: ReceiveSettings) -> Decoded:
    """The entries of a body, a payload for each journal and boot that they are of."""
    if push.content_type not in (CONTENT_TYPE, ""):
        raise UserError(
            f"Content-Type {push.content_type[:40]!r} is not the journal's",
            cure=f"send {CONTENT_TYPE}",
            code="unsupported_content_type",
        )
    entries = Entries.of(push.body)
    count = entries.fields.entries
    require_few(count, settings.max_body_records)
    if not count:
        return Decoded((), 0)
    cursors = Cursors.of(entries)
    sources = dict.fromkeys(cursors.sources)
    if len(sources) > MAX_SOURCES:
        raise LimitError(f"the body mixes {len(sources)} journals; the limit is {MAX_SOURCES}")
    if len(sources) == 1:
        return Decoded((_payload(push, entries, cursors, settings),), count)
    texts = entry_texts(push.body, entries.fields)
    payloads = []
    for source in sources:
        own = [entry for entry, of in zip(texts, cursors.sources, strict=True) if of == source]
        alone = Entries.of(b"\n".join(own))
        payloads.append(_payload(push, alone, Cursors.of(alone), settings))
    return Decoded(tuple(payloads), count)


def entry_texts(body: bytes, fields: Fields) -> list[bytes]:
    """Each entry as it stands in the body, without the blank line behind it."""
    first = np.searchsorted(fields.row, np.arange(fields.entries))
    last = np.append(first[1:], len(fields.row)) - 1
    starts, ends = fields.name_start[first].tolist(), (fields.value_end[last] + 1).tolist()
    return [body[start:end] for start, end in zip(starts, ends, strict=True)]


def behind(push: Push, conflict: PositionConflict) -> bytes:
    """The entries of a piece less those that the buffer holds already, as its conflict says."""
    entries = Entries.of(push.body)
    cursors = Cursors.of(entries)
    kept = [
        entry
        for entry, source, number in zip(
            entry_texts(push.body, entries.fields), cursors.sources, cursors.numbers.tolist(), strict=True
        )
        if own_source(push.tenant, source) != conflict.source or number >= conflict.resume_at
    ]
    return b"\n".join(kept)


def _payload(push: Push, entries: Entries, cursors: Cursors, settings: ReceiveSettings) -> Payload:
    (payload,) = records_payload(push, _columns(entries, settings)).payloads
    return replace(payload, position=cursors.position(push.tenant))


def _columns(entries: Entries, settings: ReceiveSettings) -> Columns:
    count = entries.fields.entries
    others = entries.others()
    rows = entries.fields.row[others]
    require_few_attributes(rows, count)
    taken = pa.array(others)
    names = attribute_names(pa.array(entries.distinct, pa.string()))
    priorities = _priorities(entries.column("PRIORITY"))
    return Columns(
        timestamp=_microseconds(entries.column("__REALTIME_TIMESTAMP")) * 1000,
        stream=_streams(entries, discover=settings.discover_service_name),
        body=entries.column("MESSAGE"),
        attributes=attribute_maps(
            rows,
            count,
            names.take(pa.array(entries.codes[others])),
            text(entries.values.take(taken)).cast(pa.string()),
        ),
        severity_number=_SEVERITIES[priorities],
        severity_text=dictionary(_PRIORITIES, priorities.astype(np.int32)),
    )


def _microseconds(column: Array) -> Ints:
    """Unix us; 0 where there is no number, or one beyond what ns in 64 bits hold."""
    digits = pc.if_else(pc.match_substring_regex(column, "^[0-9]{1,16}$"), column, b"0")
    numbers: Ints = digits.cast(pa.string()).cast(pa.int64()).to_numpy()
    return np.where(numbers < 2**63 // 1000, numbers, 0)


def _priorities(column: Array) -> Ints:
    """Syslog's priorities, 8 where there is none."""
    found = pc.index_in(column, value_set=pa.array([str(n).encode() for n in range(8)], pa.large_binary()))
    numbers: Ints = pc.fill_null(found, 8).to_numpy(zero_copy_only=False).astype(np.int64)
    return numbers


def _streams(entries: Entries, *, discover: bool) -> Array:
    """Label sets: worked out once for each distinct combination of the fields that make them."""
    columns = [text(entries.column(name)).cast(pa.string()) for name in _LABELS]
    coded = pc.binary_join_element_wise(*columns, "\x00").dictionary_encode()
    sets = [
        canonical(_labels(*joined.split("\x00"), discover=discover))
        for joined in coded.dictionary.to_pylist()
    ]
    return dictionary(sets, coded.indices.to_numpy())


def _labels(
    host: str, unit: str, container: str, identifier: str, command: str, *, discover: bool
) -> dict[str, str]:
    labels = {"source": "journal", "host": host, "unit": unit, "container": container}
    if discover:
        service = unit.removesuffix(".service") if unit.endswith(".service") else ""
        labels[SERVICE_NAME] = container or service or identifier or command or UNKNOWN_SERVICE
    return {name: value for name, value in labels.items() if value}


RECEIVER = Receiver(
    "journald", ("/insert/journald/upload",), decode, PlainAnswers(), pieces=Pieces(whole_entries, behind)
)
