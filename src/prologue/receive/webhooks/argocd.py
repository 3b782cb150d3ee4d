"""Argo CD's notifications: `POST /insert/webhook/argocd`, with the Application as the body.

A webhook of Argo CD has the body that its template gives it; the documentation's is the whole
Application, so that nothing has to be quoted there. A sync that ended is a deploy.

Source: Argo CD's documentation, "Notification services: Webhook"; the Application's status in its CRD.
"""

from __future__ import annotations

from typing import Any

from prologue.model.errors import PayloadError
from prologue.receive.answers import PlainAnswers
from prologue.receive.receiver import Decoded, Push, Receiver, admit_everyone
from prologue.receive.settings import ReceiveSettings
from prologue.receive.tokens import require_token
from prologue.receive.webhooks.events import Deploy, at, deploy_decoded, first, read_object, word

_SOURCE = "argocd"


def admit(push: Push, settings: ReceiveSettings) -> str:
    scheme, _, token = push.headers.get("authorization", "").partition(" ")
    sent = token.strip() if scheme.lower() == "bearer" else ""
    require_token(sent, settings.credentials.argocd_token, "Authorization: Bearer <token>")
    return admit_everyone(push, settings)


def decode(push: Push, settings: ReceiveSettings) -> Decoded:  # noqa: ARG001  (a decoder's shape)
    """The Application's last operation."""
    payload = read_object(push.body, "Argo CD")
    application = payload.get("app", payload)
    if not word(application, "metadata", "name"):
        raise PayloadError("the body is no Application", cure="use the template of docs/receivers/argocd.md")
    return deploy_decoded(push, _SOURCE, _sync(application))


def _sync(application: Any) -> Deploy:
    metadata, status = application.get("metadata"), application.get("status")
    operation = at(status, "operationState")
    revision = first(word(operation, "syncResult", "revision"), word(status, "sync", "revision"))
    labels = at(metadata, "labels")
    target = word(application, "spec", "source", "targetRevision")
    return Deploy(
        kind="deployment",
        status=first(word(operation, "phase"), word(status, "sync", "status")),
        service=first(word(labels, "app.kubernetes.io/name"), word(metadata, "name")),
        version=first(word(labels, "app.kubernetes.io/version"), _image_tag(status)),
        commit=revision,
        environment=first(
            *(word(labels, name) for name in ("environment", "env")),
            word(application, "spec", "destination", "namespace"),
        ),
        by=_initiator(operation),
        at=first(word(operation, "finishedAt"), word(operation, "startedAt")),
        ref=target,
        id=word(operation, "startedAt"),
        repository=word(application, "spec", "source", "repoURL"),
    )


def _initiator(operation: Any) -> str:
    initiated = at(operation, "operation", "initiatedBy")
    automated = "automated sync" if at(initiated, "automated") is True else ""
    return first(word(initiated, "username"), automated)


def _image_tag(status: Any) -> str:
    """The version of an application of one image."""
    images = at(status, "summary", "images")
    if not isinstance(images, list) or len(images) != 1 or not isinstance(images[0], str):
        return ""
    name = images[0].rpartition("/")[2].partition("@")[0]
    return name.partition(":")[2]


RECEIVER = Receiver("argocd", ("/insert/webhook/argocd",), decode, PlainAnswers(), admit=admit)
