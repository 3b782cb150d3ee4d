"""Pods on a Kubernetes node: CRI log files, whose path names the pod.

`/var/log/pods/<namespace>_<pod>_<uid>/<container>/<restarts>.log`. Neither namespaces nor pod names
can contain an underscore. The symlinks in /var/log/containers lead to the same files and are not
read. The service is the container's name.

Source: Kubernetes, "Logging Architecture"; CRI log format.

Next chapter: `prologue.collect.journal`.
"""

from __future__ import annotations

from pathlib import Path, PurePosixPath

from prologue.collect.chunks import Framing
from prologue.collect.kind import Kind
from prologue.collect.service import BY_CONTAINER, Described, describe
from prologue.collect.settings import CollectSettings


def _patterns(settings: CollectSettings) -> tuple[str, ...]:
    return ("/var/log/pods/*_*_*/*/*.log",) if settings.cri else ()


def container_of(host_path: str) -> tuple[str, str]:
    """The pod's uid and the container's name, by the path of a log.

    >>> container_of("/var/log/pods/shop_cart-0_1a2b/app/0.log")
    ('1a2b', 'app')
    """
    pod_folder, container, _ = PurePosixPath(host_path).parts[-3:]
    return pod_folder.rpartition("_")[2], container


def _describe(host_path: str, _path: Path, _settings: CollectSettings) -> Described:
    pod_folder, container, _ = PurePosixPath(host_path).parts[-3:]
    namespace, pod, _uid = pod_folder.split("_", 2)
    labels = {"namespace": namespace, "pod": pod, "container": container}
    return describe(labels, [(BY_CONTAINER, container)])


CRI = Kind("cri", Framing.CRI, _patterns, _describe)
