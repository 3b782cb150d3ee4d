"""Who may send over protocols that carry a token, a key or a signature."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from prologue.config.section import SECRET, Section


class Receivers(Section, frozen=True):
    """Tokens and secrets of senders. Where none is set, everybody who reaches the port may send."""

    elasticsearch_api_keys: Annotated[
        dict[str, str],
        Meta(
            description="Accepted keys of `_bulk`, each with the tenant it sends for:"
            " `{bG9nczpzZWNyZXQ=: team-a}`. A key is what stands behind `Authorization: ApiKey`, or the"
            " password of Basic authentication."
        ),
        SECRET,
    ] = {}
    splunk_tokens: Annotated[
        dict[str, str],
        Meta(
            description="Accepted tokens of Splunk's HTTP Event Collector, each with the tenant it sends for:"
            " `{11111111-2222-3333-4444-555555555555: team-a}`."
        ),
        SECRET,
    ] = {}
    datadog_api_keys: Annotated[
        dict[str, str],
        Meta(description="Accepted keys of Datadog's log intake, each with the tenant it sends for."),
        SECRET,
    ] = {}
    firehose_access_keys: Annotated[
        dict[str, str],
        Meta(description="Accepted access keys of Amazon Data Firehose, each with the tenant it sends for."),
        SECRET,
    ] = {}
    github_secret: Annotated[
        str,
        Meta(description="Secret of GitHub's webhooks; they must be signed with it (`X-Hub-Signature-256`)."),
        SECRET,
    ] = ""
    gitlab_token: Annotated[
        str,
        Meta(description="Secret token of GitLab's webhooks (`X-Gitlab-Token`)."),
        SECRET,
    ] = ""
    jenkins_token: Annotated[
        str,
        Meta(description="Token of Jenkins' notifications, as the parameter `token` of their URL."),
        SECRET,
    ] = ""
    argocd_token: Annotated[
        str,
        Meta(description="Token of Argo CD's notifications, as `Authorization: Bearer`."),
        SECRET,
    ] = ""
