"""GitLab's webhooks: `POST /insert/webhook/gitlab`.

Deployments and pipelines are deploys; jobs, pushes, tags and releases have a sentence; the others are
kept as they came. Variables of a pipeline, which may be secret, are not stored.

Source: GitLab Docs, "Webhook events" and "Webhooks: validate payloads by using a secret token".
"""

from __future__ import annotations

from typing import Any

from prologue.receive.answers import PlainAnswers
from prologue.receive.receiver import Decoded, Push, Receiver, admit_everyone
from prologue.receive.settings import ReceiveSettings
from prologue.receive.tokens import require_token
from prologue.receive.webhooks.events import (
    Deploy,
    Event,
    at,
    deploy_decoded,
    event_decoded,
    first,
    read_object,
    unknown_decoded,
    version_of,
    word,
)

_SOURCE = "gitlab"


def admit(push: Push, settings: ReceiveSettings) -> str:
    token = push.headers.get("x-gitlab-token", "")
    require_token(token, settings.credentials.gitlab_token, "the webhook's secret token")
    return admit_everyone(push, settings)


def decode(push: Push, settings: ReceiveSettings) -> Decoded:  # noqa: ARG001  (a decoder's shape)
    """The event that `object_kind` names."""
    payload = read_object(push.body, "GitLab")
    kind = first(word(payload, "object_kind"), word(payload, "event_name"), "unknown")
    if kind == "deployment":
        return deploy_decoded(push, _SOURCE, _deployment(payload))
    if kind == "pipeline":
        return deploy_decoded(push, _SOURCE, _pipeline(payload))
    if kind in ("push", "tag_push"):
        return event_decoded(push, _SOURCE, _push(payload, kind))
    if kind == "build":
        return event_decoded(push, _SOURCE, _job(payload))
    if kind == "release":
        return event_decoded(push, _SOURCE, _release(payload))
    return unknown_decoded(push, _SOURCE, kind, _service(payload))


def _service(payload: Any) -> str:
    """The project's own name in its path, which unlike its title has no blanks."""
    return first(
        word(payload, "project", "path_with_namespace").rpartition("/")[2], word(payload, "project", "name")
    )


def _deployment(payload: Any) -> Deploy:
    ref, commit_url = word(payload, "ref"), word(payload, "commit_url")
    return Deploy(
        kind="deployment",
        status=word(payload, "status"),
        service=_service(payload),
        version=version_of(ref),
        commit=first(
            commit_url.rpartition("/commit/")[2] if "/commit/" in commit_url else "",
            word(payload, "short_sha"),
        ),
        environment=word(payload, "environment"),
        by=first(word(payload, "user", "username"), word(payload, "user", "name")),
        at=word(payload, "status_changed_at"),
        ref=ref,
        url=first(word(payload, "deployable_url"), word(payload, "environment_external_url")),
        id=word(payload, "deployment_id"),
        repository=word(payload, "project", "path_with_namespace"),
    )


def _pipeline(payload: Any) -> Deploy:
    pipeline = payload.get("object_attributes")
    ref, is_tag = word(pipeline, "ref"), at(pipeline, "tag") is True
    return Deploy(
        kind="pipeline",
        status=word(pipeline, "status"),
        service=_service(payload),
        version=ref if is_tag else version_of(ref),
        commit=first(word(pipeline, "sha"), word(payload, "commit", "id")),
        environment=_environment(payload),
        by=first(word(payload, "user", "username"), word(payload, "user", "name")),
        at=first(word(pipeline, "finished_at"), word(pipeline, "created_at")),
        ref=ref,
        url=word(pipeline, "url"),
        id=word(pipeline, "id"),
        repository=word(payload, "project", "path_with_namespace"),
    )


def _environment(payload: Any) -> str:
    """Where the pipeline's jobs deployed to: the last job that names an environment."""
    jobs = payload.get("builds")
    named = [word(job, "environment", "name") for job in jobs] if isinstance(jobs, list) else []
    return next((name for name in reversed(named) if name), "")


def _push(payload: Any, kind: str) -> Event:
    ref = word(payload, "ref").rpartition("/")[2]
    by = first(word(payload, "user_username"), word(payload, "user_name"))
    commits = payload.get("commits")
    last = commits[-1] if isinstance(commits, list) and commits else {}
    what = "tag" if kind == "tag_push" else f"{word(payload, 'total_commits_count') or 0} commits to"
    repository = word(payload, "project", "path_with_namespace")
    return Event(
        kind=kind,
        line=f"{by} pushed {what} {ref} of {repository}: {word(last, 'title')}",
        service=_service(payload),
        at=word(last, "timestamp"),
        attributes={
            "ref": word(payload, "ref"),
            "commit": first(word(payload, "checkout_sha"), word(payload, "after")),
            "by": by,
            "repository": repository,
        },
    )


def _job(payload: Any) -> Event:
    status = word(payload, "build_status")
    name, repository = word(payload, "build_name"), word(payload, "project_name").replace(" ", "")
    return Event(
        kind="job",
        line=f"job {name} of {repository} ({word(payload, 'build_stage')}): {status}",
        service=first(_service(payload), repository.rpartition("/")[2]),
        at=first(
            word(payload, "build_finished_at"),
            word(payload, "build_started_at"),
            word(payload, "build_created_at"),
        ),
        attributes={
            "job": name,
            "stage": word(payload, "build_stage"),
            "status": status,
            "reason": word(payload, "build_failure_reason") if status == "failed" else "",
            "ref": word(payload, "ref"),
            "commit": word(payload, "sha"),
            "by": first(word(payload, "user", "username"), word(payload, "user", "name")),
            "pipeline": word(payload, "pipeline_id"),
            "environment": word(payload, "environment", "name"),
            "level": "error" if status == "failed" else "info",
        },
    )


def _release(payload: Any) -> Event:
    tag, action = word(payload, "tag"), word(payload, "action")
    repository = word(payload, "project", "path_with_namespace")
    return Event(
        kind="release",
        line=f"release {tag} of {repository}: {action}",
        service=_service(payload),
        at=first(word(payload, "released_at"), word(payload, "created_at")),
        attributes={
            "version": tag,
            "action": action,
            "commit": word(payload, "commit", "id"),
            "repository": repository,
            "url": word(payload, "url"),
        },
    )


RECEIVER = Receiver("gitlab", ("/insert/webhook/gitlab",), decode, PlainAnswers(), admit=admit)
