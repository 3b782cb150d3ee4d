"""What Envoy's filters have noted about a request (`Metadata.filter_metadata`), as JSON.

Requests of one kind carry the same notes, so each distinct one is taken apart once.
"""

from __future__ import annotations

import orjson
from google.protobuf.json_format import MessageToDict
from google.protobuf.message import DecodeError

from prologue.receive.arrow import Array, pa
from prologue.receive.envoy.parts import Malformed, Part
from prologue.receive.wire.envoy_pb2 import Metadata


def as_json(part: Part, number: int) -> Array:
    """The member `number` of every row as JSON text, empty where it holds nothing."""
    coded = part.raw(number).dictionary_encode()
    texts = [_as_json(value) for value in coded.dictionary.to_pylist()]
    return pa.array(texts, pa.string()).take(coded.indices)


def _as_json(value: bytes) -> str:
    try:
        notes = MessageToDict(Metadata.FromString(value)).get("filterMetadata")
    except (DecodeError, ValueError, RecursionError) as error:
        raise Malformed("metadata cannot be read") from error
    return orjson.dumps(notes, option=orjson.OPT_SORT_KEYS).decode() if notes else ""
