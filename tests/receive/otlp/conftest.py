"""OTLP requests made with OpenTelemetry's own generated classes."""

from __future__ import annotations

from typing import Any

import pytest
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
from opentelemetry.proto.common.v1.common_pb2 import AnyValue, ArrayValue, KeyValue, KeyValueList
from opentelemetry.proto.logs.v1.logs_pb2 import LogRecord


def any_value(value: Any) -> AnyValue:
    """Python's value as OTLP's."""
    if isinstance(value, AnyValue):
        return value
    if isinstance(value, bool):
        return AnyValue(bool_value=value)
    if isinstance(value, dict):
        return AnyValue(kvlist_value=KeyValueList(values=key_values(value)))
    if isinstance(value, list):
        return AnyValue(array_value=ArrayValue(values=map(any_value, value)))
    kind = {str: "string_value", int: "int_value", float: "double_value", bytes: "bytes_value"}.get(
        type(value)
    )
    return AnyValue(**{kind: value}) if kind else AnyValue()


def key_values(attributes: dict[str, Any]) -> list[KeyValue]:
    return [KeyValue(key=key, value=any_value(value)) for key, value in attributes.items()]


def record(body: Any = "hello", attributes: dict[str, Any] | None = None, **fields: Any) -> LogRecord:
    made = LogRecord(body=any_value(body), attributes=key_values(attributes or {}), **fields)
    if body is None:
        made.ClearField("body")
    return made


def request(
    *records: LogRecord, resource: dict[str, Any] | None = None, scope: dict[str, Any] | None = None
) -> ExportLogsServiceRequest:
    """One resource, one scope. `scope` may hold `name`, `version` and `attributes`."""
    made = ExportLogsServiceRequest()
    logs = made.resource_logs.add()
    logs.resource.attributes.extend(key_values(resource or {}))
    scoped = logs.scope_logs.add()
    for key, value in (scope or {}).items():
        if key == "attributes":
            scoped.scope.attributes.extend(key_values(value))
        else:
            setattr(scoped.scope, key, value)
    scoped.log_records.extend(records)
    return made


@pytest.fixture(scope="session")
def otlp_record() -> Any:
    return record


@pytest.fixture(scope="session")
def otlp_request() -> Any:
    return request


@pytest.fixture(scope="session")
def otlp_value() -> Any:
    return any_value
