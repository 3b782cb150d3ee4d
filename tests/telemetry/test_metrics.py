"""Every metric we declare is exposed, follows Prometheus' conventions, and stands in the documentation."""

from __future__ import annotations

from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families

from prologue.telemetry import metrics

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"
OURS = sorted(family.name for family in metrics.REGISTRY.collect() if family.name.startswith("prologue_"))


def exposed(name: str, kind: str) -> str:
    return f"{name}_total" if kind == "counter" else name


def test_the_text_is_prometheus():
    text, content_type = metrics.render()
    families = {family.name for family in text_string_to_metric_families(text.decode())}
    assert {*OURS, "process_resident_memory_bytes", "python_info"} <= families
    assert content_type.startswith("text/plain")


@pytest.mark.parametrize("family", list(metrics.REGISTRY.collect()), ids=lambda family: family.name)
def test_conventions(family):
    if not family.name.startswith("prologue_"):
        return
    assert len(family.documentation) > 20
    assert family.documentation.endswith(".")
    assert not family.name.endswith(("_ms", "_milliseconds", "_kb", "_count"))


@pytest.mark.parametrize("family", list(metrics.REGISTRY.collect()), ids=lambda family: family.name)
def test_documented(family):
    if family.name.startswith("prologue_"):
        assert f"`{exposed(family.name, family.type)}`" in DOCS.read_text()
