"""A body's log records under the resource and scope they belong to.

Both encodings of OTLP end here, as protobuf log records that are still bytes, so that one decoder
gives one meaning to both. Next chapter: `prologue.receive.otlp.records`.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from google.protobuf.message import DecodeError

from prologue.model.errors import PayloadError
from prologue.receive.columns import require_few
from prologue.receive.guards import require_few_fields
from prologue.receive.wire import otlp_pb2
from prologue.receive.wire.otlp_pb2 import Resource, Scope

CURE = "encode ExportLogsServiceRequest as OTLP 1.x defines it"


@dataclass(slots=True)
class Groups:
    """Records in order; group g holds `sizes[g]` of them, of `resources[g]` and `scopes[g]`."""

    limit: int
    records: list[bytes] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    resources: list[Resource] = field(default_factory=list)
    scopes: list[Scope] = field(default_factory=list)

    def add(self, resource: Resource, scope: Scope, records: list[bytes]) -> None:
        """Raises `LimitError` where the body holds more records than `limit`."""
        require_few(len(self.records) + len(records), self.limit)
        self.records += records
        self.sizes.append(len(records))
        self.resources.append(resource)
        self.scopes.append(scope)


def split_protobuf(body: bytes, limit: int) -> Groups:
    """The groups of a protobuf `ExportLogsServiceRequest`."""
    require_few_fields(body)
    groups = Groups(limit)
    try:
        parts = otlp_pb2.ExportLogsServiceRequest.FromString(body).resource_logs
        for part in parts:
            logs = otlp_pb2.ResourceLogs.FromString(part)
            for inner in logs.scope_logs:
                scoped = otlp_pb2.ScopeLogs.FromString(inner)
                groups.add(logs.resource, scoped.scope, list(scoped.log_records))
    except DecodeError as error:
        # The records before the broken part were readable: their number is the index of the next one.
        index = len(groups.records) or None
        raise PayloadError(
            f"the body is not an OTLP protobuf request: {error}", index=index, cure=CURE
        ) from error
    return groups
