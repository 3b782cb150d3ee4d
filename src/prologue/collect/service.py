"""Whose lines are these? The service a source belongs to, and the rule that said so.

Every kind of source lists its candidates, best first; the first that has a name wins, and the status
page shows its rule, because a wrong service name is found by asking why.

Source: OpenTelemetry, "Environment Variable Specification": `OTEL_SERVICE_NAME` takes precedence over
`service.name` in `OTEL_RESOURCE_ATTRIBUTES`, whose values are percent-encoded.

Next chapter: `prologue.collect.catalog`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import unquote

from prologue.model.multiline import Rule

BY_SETTING = "setting"
BY_OTEL_NAME = "OTEL_SERVICE_NAME"
BY_OTEL_ATTRIBUTES = "OTEL_RESOURCE_ATTRIBUTES"
BY_APP_LABEL = "label app.kubernetes.io/name"
BY_COMPOSE = "compose service"
BY_CONTAINER = "container name"
BY_UNIT = "systemd unit"
BY_FOLDER = "folder"
BY_FILE = "file name"

APP_LABEL = "app.kubernetes.io/name"

Candidate = tuple[str, str]
"""(rule, name); an empty name is no candidate."""


@dataclass(frozen=True, slots=True)
class Described:
    """What a kind of source knows of one: stream labels, the service, and the rule it came by.

    `multiline`: which of its lines belong together, where it says so. `problem`: what it asks for in vain.
    """

    labels: Mapping[str, str] = field(default_factory=dict)
    service: str = ""
    service_from: str = ""
    multiline: Rule | None = None
    problem: str = ""


def describe(labels: Mapping[str, str], candidates: Iterable[Candidate]) -> Described:
    """The labels with the first service that has a name.

    >>> describe({"pod": "p"}, [(BY_APP_LABEL, ""), (BY_CONTAINER, "cart")]).service_from
    'container name'
    """
    rule, name = next(((rule, name) for rule, name in candidates if name), ("", ""))
    return Described(labels, name, rule)


def from_environment(environment: Mapping[str, str]) -> list[Candidate]:
    """The candidates that OpenTelemetry's variables of a process name.

    >>> from_environment({"OTEL_RESOURCE_ATTRIBUTES": "a=b,service.name=my%20shop"})[1]
    ('OTEL_RESOURCE_ATTRIBUTES', 'my shop')
    """
    return [
        (BY_OTEL_NAME, environment.get(BY_OTEL_NAME, "").strip()),
        (BY_OTEL_ATTRIBUTES, otel_attributes(environment).get("service.name", "")),
    ]


def otel_attributes(environment: Mapping[str, str]) -> dict[str, str]:
    """The resource attributes in a process's environment."""
    pairs = (pair.partition("=") for pair in environment.get(BY_OTEL_ATTRIBUTES, "").split(","))
    return {name.strip(): unquote(value.strip()) for name, equals, value in pairs if equals}
