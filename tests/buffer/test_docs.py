"""The buffer's page names everything that can be set or watched, with the defaults that hold."""

from __future__ import annotations

import dataclasses
import re
from pathlib import Path

import pytest

from prologue.buffer.frame import FRAME_HEADER, SEGMENT_HEADER
from prologue.buffer.settings import DAY, MIB, BufferSettings, BufferStats

PAGE = (Path(__file__).parents[2] / "docs" / "buffer.md").read_text()
DEFAULTS = {
    "max_bytes": (4096 * MIB, "4 GiB"),
    "segment_bytes": (32 * MIB, "32 MiB"),
    "seal_after": (0.25, "0.25 s"),
    "max_waiting_bytes": (64 * MIB, "64 MiB"),
    "forget_sources_after": (30 * DAY, "30 days"),
    "probe_interval": (1.0, "1 s"),
    "reserve_bytes": (4 * MIB, "4 MiB"),
}


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(BufferSettings)])
def test_every_setting_is_documented_with_its_default(name: str) -> None:
    value, text = DEFAULTS[name]
    assert getattr(BufferSettings(), name) == value
    assert f"| `{name}` | {text} |" in PAGE


@pytest.mark.parametrize("name", [field.name for field in dataclasses.fields(BufferStats)])
def test_every_statistic_is_documented(name: str) -> None:
    assert re.search(rf"^\|.*`{name}`.*\|", PAGE, re.MULTILINE)


def test_the_documented_sizes() -> None:
    assert f"begins with {SEGMENT_HEADER.size} bytes" in PAGE
    assert f"of these {FRAME_HEADER.size - 4} bytes" in PAGE
