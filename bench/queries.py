"""Questions as users ask them, over HTTP, warm: the median of several runs."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass

import httpx

from bench import generate
from bench.process import Watched


@dataclass(frozen=True)
class Question:
    """One request, and what it is meant to stay under (ms, on two cores, 2,000,000 lines, warm)."""

    name: str
    path: str
    parameters: dict[str, str]
    target_ms: int


def questions(rows: int) -> tuple[Question, ...]:
    start = str(generate.START_NS)
    end = str(generate.START_NS + rows * generate.STEP_NS)
    span = {"start": start, "end": end}
    everything = '{service_name=~".+"}'
    # No line holds it: nothing ends the search early.
    needle = "ache miss for key item:99999999"
    by_level = f"sum by (detected_level) (count_over_time({everything}[1m]))"
    durations = '{service_name="cart"} | logfmt | unwrap duration(dur) | __error__="" [1m]'
    quantile = f"quantile_over_time(0.99, {durations}) by (pod)"
    return (
        Question("substring needle", "query_range", {"query": f'{everything} |= "{needle}"', **span}, 150),
        # A word may be part of a longer one, so only what stands between separators is a token for sure.
        Question("word needle", "query_range", {"query": f'{everything} |= "nosuchtoken"', **span}, 150),
        Question("token needle", "query_range", {"query": f'{everything} |= " nosuchtoken "', **span}, 30),
        Question("count by level", "query_range", {"query": by_level, "step": "60", **span}, 150),
        Question("logfmt unwrap quantile", "query_range", {"query": quantile, "step": "60", **span}, 300),
        Question("newest 100 lines", "query_range", {"query": everything, "limit": "100", **span}, 60),
        Question("label values", "label/pod/values", span, 20),
    )


def ask(url: str, watched: Watched, question: Question, runs: int = 7) -> tuple[float, float]:
    """Median milliseconds, and CPU-milliseconds of the server; raises where an answer is no success."""
    times = []
    with httpx.Client(base_url=f"{url}/loki/api/v1/", timeout=120) as client:
        for run in range(runs + 1):
            # Another end each time: warm means warm caches of data, not an answer remembered.
            end = str(int(question.parameters["end"]) - run)
            began = time.perf_counter()
            answer = client.get(question.path, params={**question.parameters, "end": end})
            times.append(time.perf_counter() - began)
            answer.raise_for_status()
            if run == 0:
                cpu = watched.cpu_seconds()
    used = (watched.cpu_seconds() - cpu) / runs
    return statistics.median(times[1:]) * 1000, used * 1000


def report(url: str, watched: Watched, rows: int) -> None:
    """A line for each question. CPU is what a shared machine cannot spoil."""
    print(f"{'question':26}{'median ms':>12}{'CPU ms':>12}{'target ms':>12}")
    for question in questions(rows):
        taken, used = ask(url, watched, question)
        print(f"{question.name:26}{taken:12.0f}{used:12.0f}{question.target_ms:12}", flush=True)
