"""How Elasticsearch words what became of a bulk request: an item for each action, in order.

Official clients talk only to a server that says it is Elasticsearch, by a header of every answer.

Source: Elasticsearch's reference, "Bulk index or delete documents" and "Common options" (filter_path).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

import orjson

from prologue.model.errors import PrologueError
from prologue.receive.answers import error_fields, error_headers, status_of
from prologue.receive.elasticsearch.bulk import Action, Bulk
from prologue.receive.receiver import Answer, Decoded, Push

PRODUCT = {"X-Elastic-Product": "Elasticsearch"}

_TYPES = {
    401: "security_exception",
    403: "security_exception",
    413: "content_too_long_exception",
    429: "es_rejected_execution_exception",
    503: "es_rejected_execution_exception",
    500: "exception",
}
"""HTTP status: the exception that clients know; else one about the arguments."""


def es_answer(status: int, body: Any, headers: Mapping[str, str] | None = None) -> Answer:
    return Answer(status, orjson.dumps(body), "application/json", {**PRODUCT, **(headers or {})})


@dataclass(frozen=True, slots=True)
class BulkAnswers:
    """200 with an item for each action; Elasticsearch's error object for a whole request refused."""

    def success(self, decoded: Decoded, push: Push) -> Answer:
        took = max(0, (time.time_ns() - push.received_ns) // 1_000_000)
        return Answer(200, b'{"took":%d,%b' % (took, decoded.reply), "application/json", PRODUCT)

    def failure(self, error: PrologueError, push: Push) -> Answer:  # noqa: ARG002  (the protocol's shape)
        status = status_of(error)
        fields = error_fields(error)
        cause = {"type": _TYPES.get(status, "illegal_argument_exception"), "reason": _reason(fields)}
        told = {key: fields[key] for key in ("code", "index", "cure")}
        body = {"error": {**cause, "root_cause": [cause], **told}, "status": status}
        return es_answer(status, body, error_headers(error))


def _reason(fields: Mapping[str, Any]) -> str:
    where = "" if fields["index"] is None else f" (item {fields['index']})"
    return f"{fields['error']}{where}; {fields['cure']}" if fields["cure"] else f"{fields['error']}{where}"


def reply(bulk: Bulk, filter_path: str) -> bytes:
    """The answer's object, less its beginning: what became of every item, once the sound ones are stored."""
    kept = _Kept(filter_path)
    pieces = {action: _item(action, "", kept) for action in set(bulk.actions)}
    items = [pieces[action] for action in bulk.actions]
    for place, why in bulk.broken.items():
        items[place] = _item(bulk.actions[place], why, kept)
    return b'"errors":%b,"items":[%b]}' % (b"true" if bulk.broken else b"false", b",".join(items))


def _item(action: Action, broken: str, kept: _Kept) -> bytes:
    said: dict[str, Any] = {"_index": action.index, "_id": action.id or None}
    if broken:
        kind = "document_parsing_exception" if action.stored else "illegal_argument_exception"
        said |= {"status": 400, "error": {"type": kind, "reason": broken}}
    else:
        said |= {"_version": 1, "result": "created", "status": 201}
    return orjson.dumps({action.operation: kept.of(action.operation, said)})


class _Kept:
    """Which keys of an item `filter_path` asks for. Beats and Logstash ask for little of long answers."""

    def __init__(self, filter_path: str) -> None:
        paths = [path.split(".") for path in filter_path.split(",") if path and not path.startswith("-")]
        self._patterns = [path[1:] for path in paths if fnmatchcase("items", path[0])]
        self._everything = not paths

    def of(self, operation: str, item: Mapping[str, Any]) -> Mapping[str, Any]:
        if self._everything:
            return item
        return {key: value for key, value in item.items() if self._asks(operation, key)}

    def _asks(self, operation: str, key: str) -> bool:
        return any(
            path[:1] == ["**"] or all(map(fnmatchcase, (operation, key), path)) for path in self._patterns
        )
