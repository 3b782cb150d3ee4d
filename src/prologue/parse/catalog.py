"""Every payload format and how a group of its payloads becomes a job.

Payloads are read together when `group_key` says that one SELECT serves them all. Groups keep the
order in which their first payload arrived, so a batch is always taken apart the same way.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from prologue.model.payload import Payload, PayloadFormat
from prologue.parse import jsonlines, lines, records
from prologue.parse.columns import ParseOptions
from prologue.parse.job import ParseJob

Parser = Callable[[Sequence[Payload], ParseOptions], ParseJob]
GroupKey = tuple[object, ...]

PARSERS: Mapping[PayloadFormat, Parser] = {
    PayloadFormat.JSON_LINES: jsonlines.parse,
    PayloadFormat.LINES: lines.parse,
    PayloadFormat.RECORDS: records.parse,
}

_GROUP_KEYS: Mapping[PayloadFormat, Callable[[Payload], GroupKey]] = {
    PayloadFormat.JSON_LINES: lambda p: (
        p.tenant,
        *sorted(p.params.items()),
        None,
        *sorted(p.labels.items()),
    ),
    PayloadFormat.LINES: lambda p: tuple(sorted(p.params.items())),
    PayloadFormat.RECORDS: lambda p: (p.tenant,),
}


def groups(payloads: Sequence[Payload]) -> list[list[Payload]]:
    """The payloads in groups that one job can read."""
    found: dict[tuple[PayloadFormat, GroupKey], list[Payload]] = {}
    for payload in payloads:
        key = (payload.format, _GROUP_KEYS[payload.format](payload))
        found.setdefault(key, []).append(payload)
    return list(found.values())


def parse(group: Sequence[Payload], options: ParseOptions) -> ParseJob:
    """The job for one group of `groups`."""
    return PARSERS[group[0].format](group, options)
