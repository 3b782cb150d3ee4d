"""The section `collect.kubernetes`: what is asked of the API about this node's pods.

Next chapter: `prologue.collect.kubernetes.settings`.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from prologue.collect.kubernetes.settings import LABELS, SERVICE_ACCOUNT
from prologue.config.section import Section


class Kubernetes(Section, frozen=True):
    """Labels, workload, images and annotations of this node's pods."""

    metadata: Annotated[
        Literal["auto", "api", "kubelet", "off"],
        Meta(
            description="Whom to ask: the API, by a watch that is limited to this node, or the kubelet, every"
            " few seconds. `auto`: the API, in a pod that has a service account. `off`: nobody; what the path"
            " says is all."
        ),
    ] = "auto"
    url: Annotated[
        str,
        Meta(
            description="Address of the API server or of the kubelet (`https://127.0.0.1:10250`). Empty: the"
            " API's, as the cluster tells its pods."
        ),
    ] = ""
    node: Annotated[
        str,
        Meta(description="Name of this node (`spec.nodeName`). Empty: `collect.host`, else the host's name."),
    ] = ""
    token_file: Annotated[
        str, Meta(description="File with the bearer token; read again for every request. Empty: no token.")
    ] = str(SERVICE_ACCOUNT / "token")
    ca_file: Annotated[
        str, Meta(description="PEM file of the API's authority. Empty: the system's authorities.")
    ] = str(SERVICE_ACCOUNT / "ca.crt")
    labels: Annotated[
        tuple[str, ...],
        Meta(description="Pod labels that become stream labels; what a label cannot hold becomes `_`."),
    ] = LABELS
    events: Annotated[
        bool,
        Meta(
            description="Store the cluster's events as logs. Switch it on in one agent of the cluster: each"
            " that does stores all of them."
        ),
    ] = False
