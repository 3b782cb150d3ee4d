"""The collector as the configuration describes it, and what it tells of itself."""

from __future__ import annotations

import socket
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from prologue.collect.collector import Collector
from prologue.collect.kubernetes.settings import KubernetesSettings
from prologue.collect.multiline import read_rule
from prologue.collect.settings import (
    DEFAULT_EXCLUDE,
    DEFAULT_PATTERNS,
    DEFAULT_TENANT,
    MAX_IN_FLIGHT_BYTES,
    CollectSettings,
    FilePattern,
)
from prologue.collect.status import SourceState, SourceStatus
from prologue.config.environment import variable
from prologue.config.settings import Settings
from prologue.model.errors import ConfigError
from prologue.model.labels import SERVICE_NAME
from prologue.model.payload import PayloadSink


def collector_for(
    settings: Settings,
    sink: PayloadSink,
    *,
    folder: Path | None = None,
    chosen: CollectSettings | None = None,
    learn: Callable[[Sequence[str]], object] | None = None,
) -> Collector:
    """A collector for this machine; its own data directory is never read.

    `folder` keeps its checkpoint, else the data directory does; `learn`: see `Collector`.
    """
    return Collector(
        sink, folder or settings.data_dir / "collect", chosen or collect_settings(settings), learn=learn
    )


def collect_settings(
    settings: Settings, *, tenant: str = DEFAULT_TENANT, max_in_flight_bytes: int = MAX_IN_FLIGHT_BYTES
) -> CollectSettings:
    """The configuration as the collector understands it."""
    collect = settings.collect
    return CollectSettings(
        include=file_patterns(settings),
        exclude=(*DEFAULT_EXCLUDE, *collect.exclude),
        exclude_folders=(settings.data_dir.resolve(),),
        root=collect.root,
        host=host_of(settings),
        docker=collect.discover,
        cri=collect.discover,
        journal=collect.discover,
        kubernetes=kubernetes_settings(settings),
        rescan_s=collect.rescan,
        multiline_wait_s=collect.multiline_wait,
        rate_limits=collect.rate_limits,
        rate_limit=collect.rate_limit,
        initial_max_bytes=collect.initial_max_bytes,
        max_line_bytes=collect.max_line_bytes,
        max_in_flight_bytes=max_in_flight_bytes,
        tenant=tenant,
    )


def file_patterns(settings: Settings) -> tuple[FilePattern, ...]:
    """Which plain files are read and how. Raises ConfigError where a pattern, encoding or rule is wrong."""
    collect = settings.collect
    discovered = DEFAULT_PATTERNS if collect.discover else ()
    # A named service comes first: the first pattern that matches a file names it.
    return (
        *(FilePattern(glob, {SERVICE_NAME: name}) for glob, name in collect.services.items()),
        *(FilePattern(glob, encoding=name) for glob, name in collect.encodings.items()),
        *(FilePattern(glob, multiline=read_rule(rule, glob)) for glob, rule in collect.multiline.items()),
        *(FilePattern(glob) for glob in (*collect.include, *discovered)),
    )


def kubernetes_settings(settings: Settings) -> KubernetesSettings:
    """Whom to ask about pods; nobody where this is no pod and nothing else is configured."""
    chosen = settings.collect.kubernetes
    url = chosen.url
    host = variable("KUBERNETES_SERVICE_HOST")
    if not url and host and chosen.metadata in ("auto", "api"):
        port = variable("KUBERNETES_SERVICE_PORT") or "443"
        url = f"https://{f'[{host}]' if ':' in host else host}:{port}"
    token_file = Path(chosen.token_file) if chosen.token_file else None
    in_pod = token_file is not None and token_file.is_file()
    asked = chosen.metadata in ("api", "kubelet") or (chosen.metadata == "auto" and (in_pod or chosen.url))
    if chosen.metadata in ("api", "kubelet") and not url:
        raise ConfigError(
            f"collect.kubernetes.metadata is {chosen.metadata}, but there is no address to ask",
            key="collect.kubernetes.url",
            cure="set it, for the kubelet to https://127.0.0.1:10250",
        )
    return KubernetesSettings(
        url=url if asked or chosen.events else "",
        kubelet=chosen.metadata == "kubelet",
        node=chosen.node or host_of(settings),
        labels=chosen.labels,
        token_file=token_file,
        ca_file=Path(chosen.ca_file) if chosen.ca_file else None,
        events=chosen.events,
    )


def host_of(settings: Settings) -> str:
    """What this machine is called."""
    return settings.collect.host or socket.gethostname()


def describe(source: SourceStatus) -> dict[str, Any]:
    """One source on the status page."""
    return {
        "kind": source.kind,
        "name": source.name,
        "state": source.state.value,
        "size_bytes": source.size,
        "service": source.service or None,
        "service_from": source.service_from or None,
        "lag_bytes": source.lag_bytes,
        "lag_seconds": round(source.lag_seconds, 3),
        "lines": source.lines,
        "acked_bytes": source.acked_bytes,
        "retries": source.retries,
        "error": source.errors[-1] if source.errors else None,
    }


def summary(sources: list[SourceStatus]) -> str:
    """What was found, for the terminal: "12 files, 3 docker, journal"; empty where nothing was."""
    readable = [source for source in sources if source.state not in (SourceState.BLOCKED, SourceState.COPY)]
    counts: dict[str, int] = {}
    for source in readable:
        counts[source.kind] = counts.get(source.kind, 0) + 1
    return ", ".join(
        kind if kind == "journal" else f"{count} {kind} log{'s' if count > 1 else ''}"
        for kind, count in sorted(counts.items())
    )
