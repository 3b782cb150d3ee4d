"""Jenkins' Notification plugin: `POST /insert/webhook/jenkins`.

A build that completed is a deploy. Service, version and environment are what the build's parameters of
those names say, else the job's name, its number and nothing. Other parameters, which may be secret, are
not stored.

Source: the plugin's documentation (plugins.jenkins.io/notification).
"""

from __future__ import annotations

from typing import Any

from prologue.receive.answers import PlainAnswers
from prologue.receive.receiver import Decoded, Push, Receiver, admit_everyone
from prologue.receive.settings import ReceiveSettings
from prologue.receive.tokens import require_token
from prologue.receive.webhooks.events import Deploy, at, deploy_decoded, first, read_object, word

_SOURCE = "jenkins"


def admit(push: Push, settings: ReceiveSettings) -> str:
    token = first(push.parameter("token"), push.headers.get("x-jenkins-token", ""))
    require_token(token, settings.credentials.jenkins_token, "the parameter token of the endpoint's URL")
    return admit_everyone(push, settings)


def decode(push: Push, settings: ReceiveSettings) -> Decoded:  # noqa: ARG001  (a decoder's shape)
    """One build in one of its phases; only where it completed is it over."""
    payload = read_object(push.body, "Jenkins")
    return deploy_decoded(push, _SOURCE, _build(payload))


def _build(payload: Any) -> Deploy:
    build = payload.get("build")
    parameters = _Parameters(at(build, "parameters"))
    phase, number = word(build, "phase").upper(), word(build, "number")
    milliseconds = word(build, "timestamp")
    return Deploy(
        kind="pipeline",
        # FINALIZED comes after COMPLETED and says the same again.
        status=word(build, "status") if phase == "COMPLETED" else phase,
        service=first(parameters.named("service", "app", "application"), word(payload, "name")),
        version=first(parameters.named("version", "tag", "release", "image_tag"), number),
        commit=word(build, "scm", "commit"),
        environment=parameters.named("environment", "env", "deploy_env", "target_env", "stage"),
        by=first(parameters.named("build_user_id", "build_user", "triggered_by"), _culprit(build)),
        at=milliseconds,
        ref=word(build, "scm", "branch"),
        url=word(build, "full_url"),
        id=number,
        repository=word(build, "scm", "url"),
    )


def _culprit(build: Any) -> str:
    culprits = at(build, "scm", "culprits")
    return ",".join(name for name in culprits if isinstance(name, str)) if isinstance(culprits, list) else ""


class _Parameters:
    """The build's parameters, whose names are anybody's choice of case."""

    def __init__(self, parameters: Any) -> None:
        known = parameters if isinstance(parameters, dict) else {}
        self._known = {name.lower(): word(known, name) for name in known}

    def named(self, *names: str) -> str:
        return first(*(self._known.get(name, "") for name in names))


RECEIVER = Receiver("jenkins", ("/insert/webhook/jenkins",), decode, PlainAnswers(), admit=admit)
