"""A window of the estate's time as batches of lines, ready to push.

Windows are cut where a deploy happens, so that pods and versions are constant within one. A line
whose time lies beyond the window (its request is still running) waits for the next one: no line is
ever from the future.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from prologue.cli.demo.estate import LINES_PER_REQUEST, NAMESPACE, SERVICES
from prologue.cli.demo.formats import Event, spell
from prologue.cli.demo.story import SECOND, Deploy, Story
from prologue.cli.demo.traffic import Calls, arrivals
from prologue.cli.demo.voices import asides, speak, start_events, stop_events

Labels = tuple[tuple[str, str], ...]
Line = tuple[int, str, dict[str, str]]
"""Unix ns, text, structured metadata."""


@dataclass(frozen=True, slots=True)
class Batch:
    """Lines by stream, each stream oldest first."""

    streams: list[tuple[dict[str, str], list[Line]]]

    @property
    def lines(self) -> int:
        return sum(len(lines) for _, lines in self.streams)


class Simulator:
    """Plays one story at `rate` lines a second. The same seed, story and windows give the same lines."""

    def __init__(self, story: Story, *, rate: float, seed: int) -> None:
        self._story = story
        self._requests_per_second = rate / LINES_PER_REQUEST
        self._rng = np.random.default_rng(seed)
        self._later: dict[Labels, list[Line]] = {}

    def window(self, start: int, end: int) -> Batch:
        """Everything written in [start, end). Windows must follow on each other."""
        lines: dict[Labels, list[Line]] = defaultdict(list, self._later)
        for begin, stop in self._cuts(start, end):
            for calls in arrivals(self._rng, self._story, begin, stop, self._requests_per_second):
                self._serve(calls, begin, lines)
        for deploy in self._story.deploys(start, end):
            self._deploy(deploy, lines)
        return self._take(lines, end)

    def _cuts(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        edges = sorted({start, end, *(deploy.at for deploy in self._story.deploys(start, end))})
        return pairwise(edges)

    def _serve(self, calls: Calls, at: int, lines: dict[Labels, list[Line]]) -> None:
        pods = [tuple(pod.labels().items()) for pod in self._story.pods(calls.service, at)]
        chosen = self._rng.integers(0, len(pods), len(calls.times)).tolist()
        form = SERVICES[calls.service].format
        texts = spell(calls.times, speak(calls), form)
        for pod, time, text, trace in zip(chosen, calls.times.tolist(), texts, calls.trace, strict=True):
            lines[pods[pod]].append((time, text, {"trace_id": trace}))
        for row, event in asides(calls):
            text = spell(calls.times[row : row + 1], [event], form)[0]
            lines[pods[chosen[row]]].append((int(calls.times[row]), text, {"trace_id": calls.trace[row]}))

    def _deploy(self, deploy: Deploy, lines: dict[Labels, list[Line]]) -> None:
        """The marker of a pipeline, the old pods' farewell, the new pods' start."""
        marker = {"service_name": deploy.service, "namespace": NAMESPACE, "job": "deploy"}
        text = (
            f"event=deploy reason={deploy.reason} service={deploy.service} from={deploy.old} to={deploy.new}"
            f" pipeline={deploy.at // SECOND % 9000 + 1000}"
        )
        lines[tuple(marker.items())].append((deploy.at, text, {"version": deploy.new}))
        form = SERVICES[deploy.service].format
        for pods, events_of in (
            (self._story.pods(deploy.service, deploy.at - 1), stop_events),
            (self._story.pods(deploy.service, deploy.at), start_events),
        ):
            for number, pod in enumerate(pods):
                events: list[Event] = events_of(pod)
                first = deploy.at + (number + 1) * SECOND // 2
                times = first + np.arange(len(events), dtype=np.int64) * (SECOND // 3)
                texts = spell(times, events, form)
                lines[tuple(pod.labels().items())] += [
                    (time, said, {}) for time, said in zip(times.tolist(), texts, strict=True)
                ]

    def _take(self, lines: dict[Labels, list[Line]], end: int) -> Batch:
        streams, later = [], {}
        for labels, written in lines.items():
            written.sort(key=lambda line: line[0])
            done = [line for line in written if line[0] < end]
            if done:
                streams.append((dict(labels), done))
            if len(done) < len(written):
                later[labels] = written[len(done) :]
        self._later = later
        return Batch(streams)
