"""What a webhook tells, in the same words whoever sent it: one line, and attributes with stable names.

A pipeline that finished and a deployment that came to an end are *deploys*: the stream label
`event="deploy"` finds all of them, and the attributes below say the same of each. Everything else that a
forge tells has the label of its kind. The line is a sentence, so that it can stand under a mark in a chart.

The URL may say what a payload cannot: `service`, `environment`, `version`.

Next chapter: `prologue.receive.webhooks.github`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson

from prologue.model.errors import PayloadError
from prologue.model.labels import SERVICE_NAME
from prologue.receive.guards import load_json
from prologue.receive.jsonlines import json_lines
from prologue.receive.objects import one_line
from prologue.receive.receiver import Decoded, Push

DEPLOY = "deploy"
SHORT_COMMIT = 12

_FINAL = frozenset({"success", "failure", "cancelled"})
_STATUS = {
    "failure": ("failure", "failed", "error", "unstable", "timed_out", "startup_failure", "degraded"),
    "success": ("success", "succeeded", "successful", "passed", "fixed"),
    "cancelled": (
        "cancelled",
        "canceled",
        "aborted",
        "terminated",
        "not_built",
        "skipped",
        "inactive",
        "stale",
    ),
}
_WORDS = {word: status for status, words in _STATUS.items() for word in words}


@dataclass(frozen=True, slots=True)
class Deploy:
    """A pipeline or a deployment. All is text, empty where it was not told; `at` in any spelling of a time.

    `kind` is `pipeline` or `deployment`. `status` is as the sender words it.
    """

    kind: str
    status: str
    service: str
    version: str = ""
    commit: str = ""
    environment: str = ""
    by: str = ""
    at: str = ""
    ref: str = ""
    url: str = ""
    id: str = ""
    repository: str = ""


@dataclass(frozen=True, slots=True)
class Event:
    """Anything else: a push, a release, a comment."""

    kind: str
    line: str
    service: str = ""
    at: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


def outcome_of(word: str) -> str:
    """success, failure or cancelled where a sender's word means that it is over; else the word itself.

    >>> outcome_of("SUCCESS"), outcome_of("Failed"), outcome_of("running")
    ('success', 'failure', 'running')
    """
    return _WORDS.get(word.lower(), word.lower())


def version_of(ref: str) -> str:
    """The version that a ref names; empty for a branch.

    >>> version_of("refs/tags/v1.2.0"), version_of("2.0.1"), version_of("main"), version_of("refs/heads/1.x")
    ('v1.2.0', '2.0.1', '', '')
    """
    tag = ref.removeprefix("refs/tags/")
    if tag != ref:
        return tag
    return ref if ref.removeprefix("v")[:1].isdigit() and "." in ref else ""


def deploy_decoded(push: Push, source: str, deploy: Deploy) -> Decoded:
    """A deploy as one record; one that still goes on has its kind as its label, and is no marker yet."""
    service = push.parameter("service") or deploy.service
    status = outcome_of(deploy.status)
    version = push.parameter("version") or deploy.version or deploy.commit[:SHORT_COMMIT]
    environment = push.parameter("environment") or deploy.environment
    attributes = {
        "deploy_kind": deploy.kind,
        "deploy_status": status,
        "deploy_service": service,
        "deploy_version": version,
        "deploy_commit": deploy.commit,
        "deploy_environment": environment,
        "deploy_by": deploy.by,
        "deploy_at": deploy.at,
        "deploy_ref": deploy.ref,
        "deploy_url": deploy.url,
        "deploy_id": deploy.id,
        "deploy_repository": deploy.repository,
        "level": "error" if status == "failure" else "info",
    }
    where = f" to {environment}" if environment else ""
    who = f" by {deploy.by}" if deploy.by else ""
    event = Event(
        kind=DEPLOY if status in _FINAL else deploy.kind,
        line=f"{deploy.kind} of {service} {version}{where}: {status}{who}".replace("  ", " "),
        service=service,
        at=deploy.at,
        attributes=attributes,
    )
    return event_decoded(push, source, event)


def event_decoded(push: Push, source: str, event: Event) -> Decoded:
    """Any event as one record."""
    said = {"_msg": event.line, "_time": event.at, **event.attributes}
    members = {name: value for name, value in said.items() if value}
    return _decoded(push, source, event, orjson.dumps(members))


def unknown_decoded(push: Push, source: str, kind: str, service: str) -> Decoded:
    """An event of a kind that has no words here: the line is what came, whole."""
    return _decoded(push, source, Event(kind, "", service), one_line(push.body.strip()))


def _decoded(push: Push, source: str, event: Event, line: bytes) -> Decoded:
    labels = {"source": source, "event": event.kind, SERVICE_NAME: push.parameter("service") or event.service}
    return json_lines(push, [line], {}, {name: value for name, value in labels.items() if value})


def read_object(body: bytes, sender: str) -> dict[str, Any]:
    """The payload of a webhook. Raises `PayloadError` where it is no JSON object."""
    cure = f"let {sender} send its payload as application/json"
    found = load_json(body, cure)
    if not isinstance(found, dict):
        raise PayloadError("the payload is JSON, but no object", cure=cure)
    return found


def at(payload: Any, *path: str) -> Any:
    """What stands at a path of names; None where the path leads nowhere."""
    for name in path:
        payload = payload.get(name) if isinstance(payload, dict) else None
    return payload


def word(payload: Any, *path: str) -> str:
    """The text or number at a path; empty where there is neither."""
    found = at(payload, *path)
    return str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""


def first(*words: str) -> str:
    """The first that is not empty."""
    return next(filter(None, words), "")
