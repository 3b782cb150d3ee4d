"""docs/metrics.md and the registry say the same: names, types, labels and meanings, both ways."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from prologue.telemetry import metrics

PAGE = (Path(__file__).parents[2] / "docs" / "metrics.md").read_text()
# Our declarations: the client library knows each metric's labels, which an exposition without samples hides.
DECLARED = {
    metric._name: metric
    for metric in vars(metrics).values()
    if hasattr(metric, "_labelnames") and hasattr(metric, "_documentation")
}
FAMILIES = {family.name: family for family in metrics.REGISTRY.collect() if family.name in DECLARED}


def exposed(name: str) -> str:
    return f"{name}_total" if FAMILIES[name].type == "counter" else name


def rows() -> dict[str, list[str]]:
    """The table of metrics: name to type, labels and meaning."""
    found = re.findall(r"^\| `(prologue_\w+)` \| (\w+) \|(.*?)\| (.+) \|$", PAGE, re.MULTILINE)
    return {name: [kind, labels.strip(), meaning] for name, kind, labels, meaning in found}


def test_the_page_lists_exactly_what_is_declared():
    assert set(rows()) == {exposed(name) for name in FAMILIES}
    assert set(DECLARED) == set(FAMILIES)


@pytest.mark.parametrize("name", sorted(FAMILIES))
def test_each_row_says_what_the_declaration_says(name):
    kind, labels, meaning = rows()[exposed(name)]
    assert kind == FAMILIES[name].type
    assert labels == ", ".join(f"`{label}`" for label in DECLARED[name]._labelnames)
    assert meaning == FAMILIES[name].documentation


def test_alerts_use_metrics_that_exist():
    alerts = PAGE.split("## What to alert on")[1]
    named = set(re.findall(r"\bprologue_\w+", alerts))
    assert named
    for name in named:
        assert re.sub(r"_(bucket|sum|count)$", "", name) in rows() or name in rows()
