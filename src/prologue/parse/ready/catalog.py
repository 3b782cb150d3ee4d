"""Every format there is a ready-made pipeline for, by name, in order of precedence.

A ready-made pipeline runs where nobody asked for it, so it must not be able to harm: what it cannot read
is left as it came, without an error; a line's body is never changed; a time or a level that the sender
gave stays (`override: false`), and so do its attributes (`adds_only`); nothing is dropped and no label is
touched. That is made sure of here, for every file.

Next chapter: `prologue.parse.ready.detect`, how a stream's format is found.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from prologue.parse.pipelines.document import Options, Surroundings, compose, pairs, place_of, refuse
from prologue.parse.pipelines.nodes import Pipeline, Step
from prologue.parse.pipelines.read import read_pipelines
from prologue.parse.stages.severity import Severity
from prologue.parse.stages.timestamp import Timestamp

# A format that stands before another is chosen where both fit as well: the special before the general.
NAMES = (
    *("kong_access", "kong_error", "ingress_nginx", "traefik_access", "nginx_access", "apache_access"),
    *("nginx_error", "apache_error", "istio_access", "envoy_access", "envoy", "istio"),
    *("haproxy_http", "haproxy_tcp", "traefik_access_json", "traefik", "caddy_access"),
    *("postgresql", "mysql_error", "mysql_slow", "redis", "mongodb", "clickhouse"),
    *("kafka", "elasticsearch", "elasticsearch_json", "rabbitmq", "etcd"),
    *("klog", "coredns", "containerd", "argocd", "knative_queue_proxy", "gitlab", "jenkins"),
    *("systemd", "sshd", "auditd"),
    *("spring_boot", "log4j", "tomcat", "java_util_logging"),
    *("gunicorn", "uvicorn", "django", "python_logging", "loguru", "structlog"),
    *("hclog", "gokit", "grafana", "zap", "zap_console", "zerolog", "zerolog_console"),
    *("slog", "slog_json", "logrus", "logrus_json"),
    *("pino", "bunyan", "winston", "rails", "dotnet", "dotnet_json", "serilog"),
    *("syslog_rfc5424", "syslog_rfc3164"),
)
PREFIX = "ready."
"""What the names of ready-made pipelines begin with, in `parsed_by` and in metrics."""

_STAGES = frozenset({"grok", "regex", "json", "logfmt", "kv", "timestamp", "severity", "rename", "remove"})
_KEYS = ("title", "origin", "hints", "line", "share", "hinted_only")


@dataclass(frozen=True, slots=True)
class ReadyFormat:
    """A format: `line` (RE2) matches its lines, at least `share` of those of a stream that has it.

    `hints` are parts of the names by which a stream of it may go. `hinted_only`: its lines look like others'
    too, so it is chosen only where a name says so. `origin` says where the sample lines in the tests come
    from: a program that was run, or its documentation.
    """

    name: str
    title: str
    origin: str
    hints: tuple[str, ...]
    line: str
    share: float
    hinted_only: bool
    pipeline: Pipeline


@cache
def formats() -> Mapping[str, ReadyFormat]:
    """Every format by its name, in order of precedence."""
    return MappingProxyType({name: _read(name) for name in NAMES})


def _read(name: str) -> ReadyFormat:
    place = f"{name}.yaml"
    text = (files("prologue.parse.ready") / place).read_text(encoding="utf-8")
    head, _, body = text.partition("\n---\n")
    [pipeline] = read_pipelines(body, place, Surroundings())
    node = compose(head, place)
    assert node is not None
    for key, _value in pairs(node, place, "a format"):
        if key.value not in _KEYS:
            refuse(place_of(key, place), f"a format has no {key.value}", f"use one of {', '.join(_KEYS)}")
    options = Options("a format", node, place, Surroundings())
    return ReadyFormat(
        name,
        options.text("title"),
        options.text("origin"),
        options.texts("hints", ()),
        options.text("line"),
        options.number("share", 0.6, least=0.1, most=1.0),
        options.flag("hinted_only"),
        replace(pipeline, steps=tuple(_harmless(step, name) for step in pipeline.steps), adds_only=True),
    )


def _harmless(step: Step, name: str) -> Step:
    if step.kind not in _STAGES:
        refuse(step.place, f"{name} uses {step.kind}", f"use only {', '.join(sorted(_STAGES))}")
    node = step.node
    if isinstance(node, Timestamp | Severity):
        node = replace(node, override=False)
    return replace(step, node=node, on_error="continue")
