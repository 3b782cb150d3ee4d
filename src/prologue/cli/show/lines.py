"""Log lines for people: time, level, the labels that tell streams apart, the line.

Labels that every line shares are printed once, on stderr, so that stdout holds only lines.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import tzinfo

import click

from prologue.cli.show import text
from prologue.cli.times import format_time
from prologue.client.results import Line
from prologue.model.labels import DETECTED_LEVEL

Row = tuple[Mapping[str, str], Line]


def print_lines(rows: Sequence[Row], zone: tzinfo | None) -> None:
    """Print lines in the order given, their common labels first."""
    common = common_labels(labels for labels, _ in rows)
    if common:
        click.echo(click.style(f"labels of every line: {text.labels(common)}", dim=True), err=True)
    for labels, line in rows:
        click.echo(render_line(labels, line, common, zone))


def common_labels(label_sets: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The labels that are the same in every set, but for the level, which each line shows itself."""
    common: dict[str, str] | None = None
    previous: Mapping[str, str] | None = None
    for labels in label_sets:
        if labels is previous:
            continue
        previous = labels
        if common is None:
            common = {n: v for n, v in labels.items() if n != DETECTED_LEVEL}
        else:
            common = {n: v for n, v in common.items() if labels.get(n) == v}
    return common or {}


def render_line(labels: Mapping[str, str], line: Line, common: Mapping[str, str], zone: tzinfo | None) -> str:
    """One line as printed; further lines of it (a stack trace) are indented."""
    metadata, parsed = line.categories.structured_metadata, line.categories.parsed
    level = labels.get(DETECTED_LEVEL) or metadata.get(DETECTED_LEVEL) or "unknown"
    own = {n: v for n, v in labels.items() if n not in common and n != DETECTED_LEVEL}
    parts = [click.style(format_time(line.timestamp, zone), dim=True), text.level(level)]
    if own:
        parts.append(click.style(text.labels(own), dim=True))
    body = text.safe(line.text.rstrip("\n")).replace("\n", "\n    ")
    parts.append(body)
    if parsed:
        parts.append(click.style(text.labels(parsed), fg="blue"))
    return " ".join(parts)
