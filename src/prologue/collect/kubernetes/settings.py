"""Where the Kubernetes API is, who we are to it, and what of a pod becomes a label.

Next chapter: `prologue.collect.kubernetes.api`.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")

LABELS = (
    "app.kubernetes.io/name",
    "app.kubernetes.io/instance",
    "app.kubernetes.io/version",
    "app.kubernetes.io/component",
    "app.kubernetes.io/part-of",
    "app",
)


@dataclass(frozen=True, slots=True)
class KubernetesSettings:
    """`url` of the API server, or of the kubelet where `kubelet` is set; empty: do not ask anybody.

    `node`: the name of this node; only its pods are asked for. `labels`: pod labels that become stream
    labels, their characters made fit. Times in seconds.
    """

    url: str = ""
    kubelet: bool = False
    node: str = ""
    labels: tuple[str, ...] = LABELS
    token_file: Path | None = SERVICE_ACCOUNT / "token"
    ca_file: Path | None = SERVICE_ACCOUNT / "ca.crt"
    events: bool = False
    # How long a new pod's first line may wait for what the API says of the pod.
    patience_s: float = 3.0
    # The kubelet has no watch: it is asked this often.
    poll_s: float = 5.0
    # A watch that says nothing for so long is begun anew.
    watch_s: float = 300.0
    # Pods that are gone are remembered this long, because their files are still read.
    forget_s: float = 600.0
    backoff_min_s: float = 0.5
    backoff_max_s: float = 30.0
