"""Loki's public protobuf schema, built from its field numbers: an encoder that shares nothing with ours."""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, timestamp_pb2

_FIELD = descriptor_pb2.FieldDescriptorProto

SCHEMA = {
    "LabelPairAdapter": [("name", 1, "string", False), ("value", 2, "string", False)],
    "EntryAdapter": [
        ("timestamp", 1, ".google.protobuf.Timestamp", False),
        ("line", 2, "string", False),
        ("structuredMetadata", 3, ".logproto.LabelPairAdapter", True),
    ],
    "StreamAdapter": [
        ("labels", 1, "string", False),
        ("entries", 2, ".logproto.EntryAdapter", True),
        ("hash", 3, "uint64", False),
    ],
    "PushRequest": [("streams", 1, ".logproto.StreamAdapter", True), ("format", 2, "string", False)],
}
TYPES = {"string": _FIELD.TYPE_STRING, "uint64": _FIELD.TYPE_UINT64}


def _pool() -> descriptor_pool.DescriptorPool:
    file = descriptor_pb2.FileDescriptorProto(
        name="push.proto",
        package="logproto",
        syntax="proto3",
        dependency=["google/protobuf/timestamp.proto"],
    )
    for message, fields in SCHEMA.items():
        described = file.message_type.add(name=message)
        for name, number, kind, repeated in fields:
            label = _FIELD.LABEL_REPEATED if repeated else _FIELD.LABEL_OPTIONAL
            field = described.field.add(name=name, number=number, label=label)
            field.type = TYPES.get(kind, _FIELD.TYPE_MESSAGE)
            if kind not in TYPES:
                field.type_name = kind
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(timestamp_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return pool


PushRequest: Any = message_factory.GetMessageClass(_pool().FindMessageTypeByName("logproto.PushRequest"))
