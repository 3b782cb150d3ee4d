"""Records for the engine without the pipeline: rows straight into `logs` and `streams`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

import orjson

from prologue.model.labels import canonical
from prologue.store.engine import Engine, Source

SECOND = 1_000_000_000
ORIGIN = 1_699_999_980 * SECOND
"""Unix ns that `0s` stands for in scripts: a whole minute."""

_LOGS = (
    "tenant String, ns Int64, labels String, batch UInt64, level String, severity_number UInt8, "
    "severity_text String, body String, trace_id String, span_id String, attributes Map(String, String)"
)
_STREAM = "xxHash64(concat(tenant, '\\0', labels))"


@dataclass(frozen=True, slots=True)
class Record:
    """One line. `at` is ns after ORIGIN. Columns of their own are taken out of `metadata`."""

    at: int
    labels: Mapping[str, str]
    line: str
    metadata: Mapping[str, str] = field(default_factory=dict)
    tenant: str = "default"
    batch: int = 1


def load(engine: Engine, records: Iterable[Record]) -> None:
    """Store the records."""
    data = b"\n".join(orjson.dumps(_row(record)) for record in records)
    source = Source("JSONEachRow", _LOGS, (data,))
    time = "fromUnixTimestamp64Nano(ns, 'UTC')"
    engine.insert_select(
        "streams",
        f"SELECT DISTINCT tenant, toDate({time}), {_STREAM}, "
        "JSONExtract(labels, 'Map(LowCardinality(String), String)') FROM {source}",
        source,
        settings={"max_partitions_per_insert_block": 0},
    )
    engine.insert_select(
        "logs",
        f"SELECT tenant, {time}, {time}, {_STREAM}, batch, level, severity_number, severity_text, body, "
        "trace_id, span_id, attributes, 'default' FROM {source}",
        source,
        settings={"max_partitions_per_insert_block": 0},
    )


def _row(record: Record) -> dict[str, object]:
    rest = dict(record.metadata)
    own = {name: rest.pop(name, "") for name in ("trace_id", "span_id", "severity_text")}
    return {
        "tenant": record.tenant,
        "ns": ORIGIN + record.at,
        "labels": canonical(record.labels),
        "batch": record.batch,
        "level": rest.pop("detected_level", "unknown"),
        "severity_number": int(rest.pop("severity_number", "0")),
        "body": record.line,
        "attributes": rest,
        **own,
    }
