"""What the services say, and that the incident can be found in it."""

from __future__ import annotations

import numpy as np
import pytest

from prologue.cli.demo.estate import SERVICES, pods_of
from prologue.cli.demo.story import BAD_VERSION, CULPRIT, GOOD_VERSION, SECOND, write_story
from prologue.cli.demo.traffic import Calls, arrivals
from prologue.cli.demo.voices import asides, speak, start_events, stop_events

START = 1_795_000_000 * SECOND
STORY = write_story(START, START + 3600 * SECOND)


@pytest.fixture(scope="module")
def incident() -> list[Calls]:
    return arrivals(np.random.default_rng(1), STORY, STORY.breaks_at, STORY.mended_at, 30.0)


def test_one_event_for_every_call(incident: list[Calls]) -> None:
    assert {calls.service for calls in incident} == set(SERVICES)
    for calls in incident:
        assert len(speak(calls)) == len(calls.times)


def test_failures_are_errors_and_nothing_else_is(incident: list[Calls]) -> None:
    for calls in incident:
        levels = [event.level == "error" for event in speak(calls)]
        assert levels == calls.failed.tolist()


def test_the_incident_reads_as_one(incident: list[Calls]) -> None:
    said = {calls.service: speak(calls) for calls in incident if calls.route.path == "/checkout"}
    payment = [event for event in said["payment"] if event.stack]
    assert len(payment) > 50
    assert "Connection is not available" in payment[0].stack[0]
    assert any("DeadlineExceeded" in str(event.fields.get("err")) for event in said["checkout"])
    assert 504 in {event.fields["status"] for event in said["gateway"]}


def test_the_gateway_writes_its_failures_into_the_error_log_too(incident: list[Calls]) -> None:
    for calls in incident:
        said = asides(calls)
        failures = calls.failed.nonzero()[0].tolist() if calls.service == "gateway" else []
        assert [row for row, _ in said] == failures
        assert all(event.level == "error" and "upstream" in event.message for _, event in said)


def test_the_new_pods_tell_the_cause() -> None:
    def size(version: str) -> str:
        pod = pods_of(SERVICES[CULPRIT], version)[0]
        return next(e.message for e in start_events(pod) if "maximumPoolSize" in e.message)

    assert size(GOOD_VERSION).endswith("maximumPoolSize=50")
    assert size(BAD_VERSION).endswith("maximumPoolSize=5")


@pytest.mark.parametrize("name", SERVICES)
def test_pods_say_hello_and_goodbye(name: str) -> None:
    pod = pods_of(SERVICES[name], "v1")[0]
    assert "starting" in start_events(pod)[0].message
    assert "SIGTERM" in stop_events(pod)[0].message
