"""GitHub's webhooks: `POST /insert/webhook/github`.

`deployment_status` and `workflow_run` are deploys; pushes and releases have a sentence; the others are
kept as they came.

Source: GitHub Docs, "Webhook events and payloads" and "Validating webhook deliveries".
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Any
from urllib.parse import parse_qsl

from prologue.model.errors import PayloadError, Unauthorized
from prologue.receive.answers import PlainAnswers
from prologue.receive.receiver import Decoded, Push, Receiver
from prologue.receive.settings import ReceiveSettings
from prologue.receive.tokens import same_secret
from prologue.receive.webhooks.events import (
    Deploy,
    Event,
    deploy_decoded,
    event_decoded,
    first,
    read_object,
    unknown_decoded,
    version_of,
    word,
)

_SOURCE = "github"
_SIGNATURE = "x-hub-signature-256"
_MOST_FIELDS = 10


def decode(push: Push, settings: ReceiveSettings) -> Decoded:
    """The event that `X-GitHub-Event` names. A ping is answered and not stored."""
    _require_signature(push, settings.credentials.github_secret)
    payload = read_object(_json(push), "GitHub")
    kind = push.headers.get("x-github-event", "") or "unknown"
    repository = word(payload, "repository", "name")
    if kind == "ping":
        return Decoded((), 0)
    if kind == "deployment_status":
        return deploy_decoded(push, _SOURCE, _deployment(payload))
    if kind == "workflow_run":
        return deploy_decoded(push, _SOURCE, _workflow(payload))
    if kind == "push":
        return event_decoded(push, _SOURCE, _push(payload))
    if kind == "release":
        return event_decoded(push, _SOURCE, _release(payload))
    return unknown_decoded(push, _SOURCE, kind, repository)


def _require_signature(push: Push, secret: str) -> None:
    if not secret:
        return
    sent = push.headers.get(_SIGNATURE, "")
    if not sent:
        raise Unauthorized("the delivery is not signed", missing=True, cure="set the webhook's secret")
    digest = hmac.new(secret.encode(), push.body, hashlib.sha256).hexdigest()
    if not same_secret(f"sha256={digest}", sent):
        raise Unauthorized(
            "the delivery's signature is not that of its body",
            cure="set the webhook's secret to receivers.github_secret",
        )


def _json(push: Push) -> bytes:
    """The payload, which GitHub may also send as a form."""
    if push.content_type != "application/x-www-form-urlencoded":
        return push.body
    try:
        form = dict(parse_qsl(push.body.decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS))
    except ValueError as error:
        raise PayloadError(
            f"the form has more than {_MOST_FIELDS} fields", cure="let GitHub send application/json"
        ) from error
    return form.get("payload", "").encode()


def _deployment(payload: Any) -> Deploy:
    status, deployment = payload.get("deployment_status"), payload.get("deployment")
    return Deploy(
        kind="deployment",
        status=word(status, "state"),
        service=word(payload, "repository", "name"),
        version=first(word(deployment, "payload", "version"), version_of(word(deployment, "ref"))),
        commit=word(deployment, "sha"),
        environment=first(word(status, "environment"), word(deployment, "environment")),
        by=first(word(deployment, "creator", "login"), word(payload, "sender", "login")),
        at=first(word(status, "updated_at"), word(status, "created_at")),
        ref=word(deployment, "ref"),
        url=first(word(status, "log_url"), word(status, "target_url"), word(status, "url")),
        id=word(deployment, "id"),
        repository=word(payload, "repository", "full_name"),
    )


def _workflow(payload: Any) -> Deploy:
    run = payload.get("workflow_run")
    return Deploy(
        kind="pipeline",
        status=first(word(run, "conclusion"), word(run, "status")),
        service=word(payload, "repository", "name"),
        version=version_of(word(run, "head_branch")),
        commit=word(run, "head_sha"),
        by=first(word(run, "triggering_actor", "login"), word(run, "actor", "login")),
        at=first(word(run, "updated_at"), word(run, "created_at")),
        ref=word(run, "head_branch"),
        url=word(run, "html_url"),
        id=word(run, "id"),
        repository=word(payload, "repository", "full_name"),
    )


def _push(payload: Any) -> Event:
    commits = payload.get("commits")
    count = len(commits) if isinstance(commits, list) else 0
    ref, by = word(payload, "ref"), first(word(payload, "pusher", "name"), word(payload, "sender", "login"))
    return Event(
        kind="push",
        line=f"{by} pushed {count} commits to {ref.rpartition('/')[2]} of "
        f"{word(payload, 'repository', 'full_name')}: {word(payload, 'head_commit', 'message')}",
        service=word(payload, "repository", "name"),
        at=word(payload, "head_commit", "timestamp"),
        attributes={
            "ref": ref,
            "commit": word(payload, "after"),
            "by": by,
            "repository": word(payload, "repository", "full_name"),
            "url": word(payload, "compare"),
        },
    )


def _release(payload: Any) -> Event:
    release = payload.get("release")
    tag, action = word(release, "tag_name"), word(payload, "action")
    by = first(word(payload, "sender", "login"), word(release, "author", "login"))
    repository = word(payload, "repository", "full_name")
    return Event(
        kind="release",
        line=f"release {tag} of {repository}: {action} by {by}",
        service=word(payload, "repository", "name"),
        at=first(word(release, "published_at"), word(release, "created_at")),
        attributes={
            "version": tag,
            "action": action,
            "by": by,
            "repository": repository,
            "url": word(release, "html_url"),
        },
    )


RECEIVER = Receiver("github", ("/insert/webhook/github",), decode, PlainAnswers())
