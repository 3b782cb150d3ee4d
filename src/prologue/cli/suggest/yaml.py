"""A pipeline written as YAML, for people to read and change."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

_PLAIN = re.compile(r"[A-Za-z_][\w.-]*")
_NOT_A_NAME = re.compile(r"[^a-zA-Z0-9_.-]+")


@dataclass(frozen=True, slots=True)
class Stage:
    """`options` by name, or a list of patterns."""

    name: str
    options: Mapping[str, str] = field(default_factory=dict)
    patterns: tuple[str, ...] = ()


def pipeline(name: str, stages: Sequence[Stage]) -> str:
    """The YAML of a pipeline that matches the service of that name."""
    name = _NOT_A_NAME.sub("-", name).strip("-.") or "suggested"
    lines = [f"name: {name[:64]}", f"match: '{{service_name=\"{name}\"}}'", "stages:"]
    for stage in stages:
        if stage.patterns:
            lines += [f"  - {stage.name}:", *(f"      - {_scalar(pattern)}" for pattern in stage.patterns)]
        elif stage.options:
            options = ", ".join(f"{key}: {_scalar(value)}" for key, value in stage.options.items())
            lines.append(f"  - {stage.name}: {{{options}}}")
        else:
            lines.append(f"  - {stage.name}")
    return "\n".join(lines) + "\n"


def _scalar(text: str) -> str:
    return text if _PLAIN.fullmatch(text) else "'" + text.replace("'", "''") + "'"
