"""Datadog's log intake: `POST /api/v2/logs`, and `/v1/input` of older senders.

Logs stay the text that came, with their tags (`ddtags`, as `name:value` joined by commas) behind it as
members of their own; the engine parses them. Text is one record a line. The agent asks with an empty
object whether anybody is there: it is answered and not stored.

Source: Datadog's API reference, "Logs: Send logs"; "Pipelines: preprocessing for JSON logs", which has
the names that hold a log's time, level and message.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from prologue.model.errors import PrologueError
from prologue.model.labels import sanitize_name
from prologue.receive.answers import error_fields, error_headers, error_text, json_answer, status_of
from prologue.receive.jsonlines import json_lines
from prologue.receive.lines import text_lines
from prologue.receive.objects import members_text, one_a_line, read_as, with_members
from prologue.receive.receiver import Answer, Decoded, Push, Receiver
from prologue.receive.settings import ReceiveSettings
from prologue.receive.tokens import tenant_of_token

DEFAULTS = {
    "time_field": "timestamp,@timestamp,_timestamp,Timestamp,eventTime,date,published_date",
    "message_field": "message,msg,log",
    "stream_fields": "service,ddsource,hostname,env,version,kube_namespace,kube_deployment,pod_name,"
    "kube_container_name",
}
_URL_FIELDS = ("ddsource", "ddtags", "hostname", "service")
_LEVELS = frozenset(
    {"emerg", "emergency", "alert", "crit", "critical", "fatal", "err", "error", "warn", "warning"}
    | {"notice", "info", "debug", "trace"}
)


class _Log(msgspec.Struct, gc=False):
    """What of a log is looked at here. Whatever type a sender gives these is taken."""

    ddtags: Any = ""
    status: Any = ""


_LOGS = msgspec.json.Decoder(list[_Log])


def admit(push: Push, settings: ReceiveSettings) -> str:
    key = (
        push.headers.get("dd-api-key", "")
        or push.parameter("dd-api-key")
        or push.path_parameters.get("key", "")
    )
    return tenant_of_token(
        push, settings, key, settings.credentials.datadog_api_keys, "the header DD-API-KEY"
    )


def decode(push: Push, settings: ReceiveSettings) -> Decoded:
    """One payload of objects, or of text lines where the content type says text."""
    if push.content_type == "text/plain":
        return _lines(push, settings)
    logs = [log for log in one_a_line(push.body, settings.max_body_records) if log != b"{}"]
    return json_lines(push, _with_tags(logs, _of_url(push)), DEFAULTS)


def _with_tags(logs: list[bytes], of_url: Mapping[str, str]) -> list[bytes]:
    """The logs with what their tags and status say; senders repeat those, so each pair is read once."""
    known: dict[tuple[str, str], bytes] = {}
    found = []
    for text, log in zip(logs, read_as(_LOGS, logs), strict=True):
        key = (_text(log.ddtags), _text(log.status))
        members = known.get(key)
        if members is None:
            tags = tags_of(",".join(filter(None, (key[0], of_url.get("ddtags", "")))))
            members = known[key] = members_text({**of_url, **tags, **_level(key[1])})
        found.append(with_members(text, members))
    return found


def _text(value: Any) -> str:
    if isinstance(value, list):
        return ",".join(tag for tag in value if isinstance(tag, str))
    return value if isinstance(value, str) else ""


def tags_of(text: str) -> dict[str, str]:
    """`name:value` pairs as attributes; values of a name that comes again are joined, one without a value is
    `true`.

    >>> tags_of("env:prod,team:a,team:b,canary")
    {'env': 'prod', 'team': 'a,b', 'canary': 'true'}
    """
    found: dict[str, str] = {}
    for tag in filter(None, (part.strip() for part in text.split(","))):
        name, colon, value = tag.partition(":")
        name, value = sanitize_name(name), value if colon else "true"
        found[name] = f"{found[name]},{value}" if name in found else value
    return found


def _level(status: str) -> dict[str, str]:
    return {"severity_text": status} if status.lower() in _LEVELS else {}


def _of_url(push: Push) -> dict[str, str]:
    return {name: value for name in _URL_FIELDS if (value := push.parameter(name))}


def _lines(push: Push, settings: ReceiveSettings) -> Decoded:
    said = _of_url(push)
    tags = tags_of(said.pop("ddtags", ""))
    return text_lines(push, {**tags, **said}, settings, {"timestamp": "detect"})


class DatadogAnswers:
    """202 and an empty object; a list of errors otherwise."""

    def success(self, decoded: Decoded, push: Push) -> Answer:  # noqa: ARG002  (the protocol's shape)
        return json_answer(200 if "/v1/" in push.path else 202, {})

    def failure(self, error: PrologueError, push: Push) -> Answer:  # noqa: ARG002  (as above)
        status, fields = status_of(error), error_fields(error)
        told = {"status": str(status), "title": error.code, "detail": error_text(fields)}
        return json_answer(status, {"errors": [told]}, error_headers(error))


RECEIVER = Receiver(
    "datadog", ("/api/v2/logs", "/v1/input", "/v1/input/{key}"), decode, DatadogAnswers(), admit=admit
)
