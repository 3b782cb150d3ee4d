"""Custom parsers put in force: whatever goes wrong with that, those in force stay."""

from __future__ import annotations

import logging

import pytest

from prologue.parse.columns import ParseOptions
from prologue.parse.pipelines.nodes import PipelineSet
from prologue.pipeline.control import ParserControl
from prologue.store.embedded import EmbeddedEngine


def test_a_reload_that_meets_a_defect_is_told_and_changes_nothing(
    engine: EmbeddedEngine, caplog: pytest.LogCaptureFixture
) -> None:
    """It is called by the thread that hears SIGHUP, which must hear the next one too."""

    def flawed() -> PipelineSet:
        raise ValueError("a defect")

    control = ParserControl(flawed, engine, ParseOptions())
    before = control.in_force.now
    with caplog.at_level(logging.ERROR):
        control.reload_or_tell()
    assert "stay as they were" in caplog.text
    assert control.in_force.now is before
