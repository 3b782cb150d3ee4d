"""Containers of Docker's json-file driver: one JSON object a line, with the container's papers beside it.

`config.v2.json` in the container's folder gives name, image, labels and environment. The service is, in
this order: what OpenTelemetry's variables say, the label `app.kubernetes.io/name`, the compose service,
the Kubernetes container (Docker under an old kubelet), the container's name. The label
`prologue.io/multiline` names the rule by which its lines belong together.

Source: Docker Engine's container folder layout and json-file logging driver.

Next chapter: `prologue.collect.cri`.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

from prologue.collect.chunks import Framing
from prologue.collect.kind import Kind
from prologue.collect.multiline import with_rule
from prologue.collect.service import (
    APP_LABEL,
    BY_APP_LABEL,
    BY_COMPOSE,
    BY_CONTAINER,
    Described,
    describe,
    from_environment,
)
from prologue.collect.settings import CollectSettings

MULTILINE_LABEL = "prologue.io/multiline"

# Container label -> stream label.
FROM_LABELS = {
    "com.docker.compose.project": "compose_project",
    "com.docker.compose.service": "compose_service",
    "io.kubernetes.pod.namespace": "namespace",
    "io.kubernetes.pod.name": "pod",
    "io.kubernetes.container.name": "container",
}


class _Config(msgspec.Struct):
    Image: str = ""
    Labels: dict[str, str] | None = None
    Env: list[str] | None = None


class _Papers(msgspec.Struct):
    Name: str = ""
    Config: _Config = msgspec.field(default_factory=_Config)


def _patterns(settings: CollectSettings) -> tuple[str, ...]:
    return ("/var/lib/docker/containers/*/*-json.log",) if settings.docker else ()


def _describe(_host_path: str, path: Path, _settings: CollectSettings) -> Described:
    papers = _read_papers(path.with_name("config.v2.json"))
    name = papers.Name.lstrip("/") or path.parent.name[:12]
    labels = {"container_name": name, "image": papers.Config.Image}
    given = papers.Config.Labels or {}
    labels.update({ours: given[theirs] for theirs, ours in FROM_LABELS.items() if given.get(theirs)})
    environment = dict(pair.split("=", 1) for pair in papers.Config.Env or () if "=" in pair)
    candidates = [
        *from_environment(environment),
        (BY_APP_LABEL, given.get(APP_LABEL, "")),
        (BY_COMPOSE, labels.get("compose_service", "")),
        (BY_CONTAINER, labels.get("container") or name),
    ]
    return with_rule(describe(labels, candidates), given.get(MULTILINE_LABEL, ""), MULTILINE_LABEL)


def _read_papers(path: Path) -> _Papers:
    try:
        return msgspec.json.decode(path.read_bytes(), type=_Papers)
    except (OSError, msgspec.DecodeError):
        # A container on its way in or out has none; its lines are worth more than its name.
        return _Papers()


DOCKER = Kind("docker", Framing.DOCKER, _patterns, _describe)
