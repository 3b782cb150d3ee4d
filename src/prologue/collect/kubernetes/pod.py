"""What of a pod matters to its logs: labels, workload, images, and what its annotations ask for.

| annotation | what it asks for |
|---|---|
| `prologue.io/skip: "true"` | read nothing of the pod |
| `prologue.io/service-name` | the service of its lines |
| `prologue.io/parser` | the label `parser`, which a pipeline can match |
| `prologue.io/multiline` | which lines belong together: a preset |
| `prologue.io/files` | more files to read in its volumes, as globs, separated by commas |

A name is the label `multiline`, too; one that is no preset is only that, for a pipeline to match.
Each may be for one container only: `prologue.io/<container>.skip`; that wins over the pod's.

Source: Kubernetes API reference, Pod v1; the kubelet's folders under /var/lib/kubelet/pods.

Next chapter: `prologue.collect.kubernetes.pods`, which keeps them up to date.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any

from prologue.collect.multiline import with_rule
from prologue.collect.service import (
    APP_LABEL,
    BY_APP_LABEL,
    BY_CONTAINER,
    Candidate,
    Described,
    describe,
    from_environment,
)
from prologue.model.labels import sanitize_name
from prologue.model.multiline import PRESETS

PREFIX = "prologue.io/"
BY_ANNOTATION = "annotation prologue.io/service-name"
VOLUMES = "/var/lib/kubelet/pods/{uid}/volumes/kubernetes.io~empty-dir/{volume}"

# A ReplicaSet is named after its Deployment and the hash of its template, a Job after its CronJob and a time.
_HASH = re.compile(r"-[bcdfghjklmnpqrstvwxz2456789]{1,10}$")
# A name and no rule's text; one that is no preset is for a pipeline of the server.
_NAME = re.compile(r"[\w.-]+")
_SCHEDULE = re.compile(r"-\d{8,}$")


@dataclass(frozen=True, slots=True)
class ContainerInfo:
    """One container of one pod, as its lines need it."""

    described: Described
    skip: bool = False


@dataclass(frozen=True, slots=True)
class ExtraFiles:
    """Files in a pod's volumes that an annotation names: the machine's glob, and whose they are.

    `asked` is the glob as the annotation writes it.
    """

    pattern: str
    asked: str
    info: ContainerInfo


@dataclass(frozen=True, slots=True)
class Pod:
    """A pod by what we need of it."""

    namespace: str
    name: str
    uid: str
    containers: Mapping[str, ContainerInfo] = field(default_factory=dict)
    extra_files: tuple[ExtraFiles, ...] = ()
    problems: tuple[str, ...] = ()


def read_pod(document: Mapping[str, Any], chosen: Sequence[str]) -> Pod | None:
    """The pod of an API object; None where it is not one. Static pods go by their mirror's hash."""
    meta, spec = _map(document, "metadata"), _map(document, "spec")
    name, namespace = str(meta.get("name", "")), str(meta.get("namespace", ""))
    if not name or not namespace:
        return None
    annotations = {str(k): str(v) for k, v in _map(meta, "annotations").items()}
    uid = annotations.get("kubernetes.io/config.mirror") or str(meta.get("uid", ""))
    labels = {str(k): str(v) for k, v in _map(meta, "labels").items()}
    shared = {"namespace": namespace, "pod": name, "node": str(spec.get("nodeName", ""))}
    shared |= workload(meta)
    shared |= {sanitize_name(label): labels[label] for label in chosen if label in labels}
    containers: dict[str, ContainerInfo] = {}
    extra: list[ExtraFiles] = []
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for container in _list(spec, kind):
            own = Annotations(annotations, str(container.get("name", "")))
            info = _container(container, own, shared, labels)
            containers[own.container] = info
            extra += _extra_files(container, own, info, uid, spec)
    wanted = {glob for key, value in annotations.items() if _names_files(key) for glob in _globs(value)}
    problems = tuple(
        f"{glob} of pod {namespace}/{name} is in no emptyDir or hostPath volume, so it cannot be read from "
        "the node; mount a volume there"
        for glob in sorted(wanted - {files.asked for files in extra})
    )
    return Pod(namespace, name, uid, containers, tuple(extra), problems)


@dataclass(frozen=True, slots=True)
class Annotations:
    """A pod's annotations as they hold for one container."""

    given: Mapping[str, str]
    container: str

    def get(self, what: str) -> str:
        own = self.given.get(f"{PREFIX}{self.container}.{what}")
        return self.given.get(PREFIX + what, "") if own is None else own


def _container(
    container: Mapping[str, Any], own: Annotations, shared: Mapping[str, str], labels: Mapping[str, str]
) -> ContainerInfo:
    image, tag = split_image(str(container.get("image", "")))
    stream = {**shared, "container": own.container, "image": image, "image_tag": tag}
    joined = own.get("multiline").strip()
    stream |= {"parser": parser} if (parser := own.get("parser")) else {}
    stream |= {"multiline": joined} if _NAME.fullmatch(joined) else {}
    environment = {str(e.get("name")): str(e.get("value", "")) for e in _list(container, "env")}
    candidates: list[Candidate] = [
        (BY_ANNOTATION, own.get("service-name")),
        *from_environment(environment),
        (BY_APP_LABEL, labels.get(APP_LABEL, "")),
        (BY_CONTAINER, own.container),
    ]
    skip = own.get("skip").strip().lower() in ("true", "yes", "1")
    described = describe(stream, candidates)
    if joined in PRESETS or not _NAME.fullmatch(joined):
        described = with_rule(described, joined, PREFIX + "multiline")
    return ContainerInfo(described, skip)


def workload(meta: Mapping[str, Any]) -> dict[str, str]:
    """The labels `workload` and `workload_kind`: what a person created, found by the owner's name alone.

    Asking the API for ReplicaSets and Jobs would mean watching those of the whole cluster.

    >>> workload({"ownerReferences": [{"kind": "ReplicaSet", "name": "cart-7d9c6b5f4", "controller": True}]})
    {'workload': 'cart', 'workload_kind': 'Deployment'}
    """
    owners = _list(meta, "ownerReferences")
    owner = next((o for o in owners if o.get("controller")), owners[0] if owners else None)
    if owner is None:
        return {}
    kind, name = str(owner.get("kind", "")), str(owner.get("name", ""))
    if kind == "ReplicaSet" and (shorter := _HASH.sub("", name)) != name:
        kind, name = "Deployment", shorter
    elif kind == "Job" and (shorter := _SCHEDULE.sub("", name)) != name:
        kind, name = "CronJob", shorter
    elif kind == "Node":  # a static pod
        return {}
    return {"workload": name, "workload_kind": kind}


def split_image(image: str) -> tuple[str, str]:
    """Name and tag of an image reference; its digest where it has no tag.

    >>> split_image("registry:5000/shop/cart:1.2@sha256:ab"), split_image("nginx"), split_image("a@sha256:cd")
    (('registry:5000/shop/cart', '1.2'), ('nginx', 'latest'), ('a', 'sha256:cd'))
    """
    named, _, digest = image.partition("@")
    head, slash, last = named.rpartition("/")
    base, _, tag = last.partition(":")
    return head + slash + base, tag or digest or ("latest" if image else "")


def _names_files(annotation: str) -> bool:
    return annotation.startswith(PREFIX) and (annotation == PREFIX + "files" or annotation.endswith(".files"))


def _globs(text: str) -> list[str]:
    return [glob for glob in (part.strip() for part in text.split(",")) if glob]


def _extra_files(
    container: Mapping[str, Any], own: Annotations, info: ContainerInfo, uid: str, spec: Mapping[str, Any]
) -> list[ExtraFiles]:
    """The globs of the annotation that lie in a volume of this container, as the machine sees them."""
    mounts = {str(m.get("mountPath", "")).rstrip("/"): m for m in _list(container, "volumeMounts")}
    volumes = {str(v.get("name")): v for v in _list(spec, "volumes")}
    found = []
    for glob in _globs(own.get("files")):
        mount = max((path for path in mounts if glob.startswith(path + "/")), key=len, default=None)
        if mount is None or ".." in PurePosixPath(glob).parts:
            continue
        if host := _host_folder(mounts[mount], volumes, uid):
            found.append(ExtraFiles(host + glob[len(mount) :], glob, info))
    return found


def _host_folder(mount: Mapping[str, Any], volumes: Mapping[str, Any], uid: str) -> str:
    """Where a mounted volume lies on the machine; empty where it does not."""
    name = str(mount.get("name", ""))
    volume = volumes.get(name, {})
    below = "/" + str(mount.get("subPath", "")).strip("/") if mount.get("subPath") else ""
    if "emptyDir" in volume:
        return VOLUMES.format(uid=uid, volume=name) + below
    path = str(_map(volume, "hostPath").get("path", ""))
    return path.rstrip("/") + below if path.startswith("/") else ""


def _map(document: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _list(document: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    value = document.get(name)
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
