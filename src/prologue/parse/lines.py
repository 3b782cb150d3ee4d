"""Text lines, many senders in one job: found by numpy, handed to the engine without a copy a line.

The bytes of all payloads stand one behind the other in one buffer; the positions after each newline
are at once the offsets of an Arrow array of lines. What is known of a payload (tenant, labels,
arrival) is one entry in a dictionary, repeated by count. The engine strips the line ends and, by
framing, takes the line apart.

Framings: `plain` (the line is the body), `docker` (json-file objects), `cri` (time, stream, P or F,
text), `journal` (objects of `journalctl -o json`), `syslog` (RFC 5424 and 3164), `gelf` (objects).
Lines that are not of their framing are kept whole with `__error__`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from prologue.model import multiline
from prologue.model.arrow_stream import arrow_pieces
from prologue.model.labels import canonical, with_service_name
from prologue.model.multiline import Rule
from prologue.model.payload import Payload
from prologue.parse.columns import ParseOptions
from prologue.parse.framing import framing_of
from prologue.parse.job import ParseJob
from prologue.parse.jsonlines import pieces
from prologue.parse.levels import decide
from prologue.parse.multiline import begins, require_expressions

_Integers = npt.NDArray[np.int64]

_STRUCTURE = "line String, tenant LowCardinality(String), labels LowCardinality(String), observed Int64"
_LEVEL = ", level LowCardinality(String)"


def parse(payloads: Sequence[Payload], options: ParseOptions) -> ParseJob:
    """The job for payloads of one framing and one `timestamp` rule, whatever their tenants and labels.

    Lines of one payload get arrival times 1 ns apart, so that their order is kept.
    """
    params = payloads[0].params
    data = b"".join(pieces(payloads))
    framing = framing_of(params)
    rule = multiline.of_params(params)
    if rule is not None:
        require_expressions(rule)
    table = _table(payloads, data, options, rule if framing.bare else None)
    select = framing.select(params, framing.has_partials(data, table.num_rows))
    if framing.bare:
        table = table.append_column("level", _levels(table, options))
    return ParseJob(
        format="ArrowStream",
        structure=_STRUCTURE + _LEVEL if framing.bare else _STRUCTURE,
        data=arrow_pieces(table),
        select=select,
        parameters={"zone": params.get("time_zone", "UTC")},
        levels=framing.bare,
    )


def _levels(table: pa.Table, options: ParseOptions) -> pa.Array[Any]:
    if not options.discover_log_levels:
        return decide.nothing(table.num_rows)
    return decide.of_lines(table["line"], table["labels"])


def _table(
    payloads: Sequence[Payload], data: bytes | memoryview, options: ParseOptions, rule: Rule | None = None
) -> pa.Table:
    """The columns of `_STRUCTURE`. With a rule a `line` is a whole record, with the line ends inside it."""
    ends = np.flatnonzero(np.frombuffer(data, dtype=np.uint8) == ord("\n")).astype(np.int64) + 1
    if not len(ends) or ends[-1] != len(data):
        ends = np.append(ends, len(data))
    lines = _slices(data, ends)
    if rule is not None:
        ends = _record_ends(payloads, lines, ends, rule)
        lines = _slices(data, ends)
    counts = _line_counts(payloads, ends)
    return pa.table(
        {
            "line": lines,
            "tenant": _repeated([payload.tenant for payload in payloads], counts),
            "labels": _repeated([_label_set(payload, options) for payload in payloads], counts),
            "observed": pa.array(_arrivals(payloads, counts)),
        }
    )


def _slices(data: bytes | memoryview, ends: _Integers) -> pa.Array[Any]:
    offsets = np.concatenate(([0], ends))
    return pa.Array.from_buffers(
        pa.large_binary(), len(ends), [None, pa.py_buffer(offsets.tobytes()), pa.py_buffer(data)]
    )


def _record_ends(payloads: Sequence[Payload], lines: pa.Array[Any], ends: _Integers, rule: Rule) -> _Integers:
    """The ends of lines before which a record ends; a payload's first line always begins one."""
    first = begins(lines, rule)
    counts = _line_counts(payloads, ends)
    first[(np.cumsum(counts) - counts)[counts > 0]] = True
    kept: _Integers = ends[np.append(first[1:], True)]
    return kept


def _line_counts(payloads: Sequence[Payload], ends: _Integers) -> _Integers:
    """How many lines each payload has, from where each ends in the joined bytes."""
    sizes = [len(payload.data) + (payload.data[-1:] != b"\n") for payload in payloads]
    upto = np.searchsorted(ends, np.cumsum(sizes), side="right")
    upto[-1] = len(ends)
    return np.diff(upto, prepend=0)


def _repeated(values: list[str], counts: _Integers) -> pa.Array[Any]:
    # Encoded, because equal values must share an entry: the engine refuses a dictionary with doubles.
    encoded = pa.array(values).dictionary_encode()
    return pa.DictionaryArray.from_arrays(np.repeat(encoded.indices.to_numpy(), counts), encoded.dictionary)


def _label_set(payload: Payload, options: ParseOptions) -> str:
    labels = with_service_name(payload.labels) if options.discover_service_name else payload.labels
    return canonical(labels)


def _arrivals(payloads: Sequence[Payload], counts: _Integers) -> _Integers:
    starts = np.repeat(np.cumsum(counts) - counts, counts)
    received = np.repeat(np.array([payload.received_ns for payload in payloads], dtype=np.int64), counts)
    arrivals: _Integers = received + (np.arange(len(received), dtype=np.int64) - starts)
    return arrivals
