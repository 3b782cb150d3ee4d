"""What changes and breaks, and when."""

from __future__ import annotations

import numpy as np

from prologue.cli.demo.story import (
    BAD_VERSION,
    CULPRIT,
    GOOD_VERSION,
    ROUTINE_EVERY,
    SECOND,
    write_story,
)

START = 1_795_000_000 * SECOND
HOUR = 3600 * SECOND
STORY = write_story(START, START + HOUR)


def test_the_incident_lies_in_the_past_and_has_an_end() -> None:
    assert START < STORY.breaks_at < STORY.mended_at < STORY.present


def test_the_bad_version_runs_exactly_during_the_incident() -> None:
    assert STORY.version(CULPRIT, STORY.breaks_at - 1) == GOOD_VERSION
    assert STORY.version(CULPRIT, STORY.breaks_at) == BAD_VERSION
    assert STORY.version(CULPRIT, STORY.mended_at - 1) == BAD_VERSION
    assert STORY.version(CULPRIT, STORY.mended_at) == GOOD_VERSION


def test_severity_rises_and_ends_at_the_rollback() -> None:
    times = np.linspace(START, START + HOUR, 1000).astype(np.int64)
    severity = STORY.severity(times)
    during = (times >= STORY.breaks_at) & (times < STORY.mended_at)
    assert severity[~during].max() == 0
    assert severity[during].max() == 1
    assert (np.diff(severity[during]) >= 0).all()


def test_deploys_of_windows_are_the_deploys_of_the_whole() -> None:
    end = STORY.present + 3 * ROUTINE_EVERY + 1
    whole = STORY.deploys(START, end)
    step = 7 * 60 * SECOND
    parts = [d for at in range(START, end, step) for d in STORY.deploys(at, min(at + step, end))]
    assert parts == whole
    assert [d.reason for d in whole] == ["release"] * 3 + ["rollback"] + ["release"] * 3
    assert [d.at for d in whole] == sorted(d.at for d in whole)


def test_every_deploy_replaces_the_version_that_runs() -> None:
    for deploy in STORY.deploys(START, STORY.present + 20 * ROUTINE_EVERY):
        assert STORY.version(deploy.service, deploy.at - 1) == deploy.old
        assert STORY.version(deploy.service, deploy.at) == deploy.new


def test_without_a_past_there_is_no_incident() -> None:
    story = write_story(START, START)
    assert story.deploys(START, START + 1) == []
    assert story.severity(np.array([START], dtype=np.int64)).max() == 0
