"""Grafana's logcli, unmodified, against a real server."""

from __future__ import annotations

import json
import os
import subprocess
import threading
import time
from pathlib import Path

import pytest

from tests.support.logcli import logcli
from tests.support.loki import NOW, SECOND, Loki
from tests.support.server import wait_until

pytestmark = pytest.mark.timeout(2700)  # the first time on a machine it is built

TENANT = "logcli"
START = NOW - 600 * SECOND
RANGE = ("--since", "2h")


@pytest.fixture(scope="module")
def binary() -> Path:
    return logcli()


@pytest.fixture(scope="module")
def loki(binary, prologue_server) -> Loki:
    """Two streams; twelve lines in the one, three in the other."""
    loki = Loki(prologue_server, TENANT)
    loki.push(
        {"app": "cart", "env": "prod"},
        [(START + i * SECOND, f"order {i} took={i}ms", {"trace": f"t{i % 3}"}) for i in range(12)],
    )
    loki.push({"app": "pay", "env": "dev"}, [(START + i * SECOND, f"paid {i}") for i in range(3)])
    return loki


@pytest.fixture
def command(binary, loki, prologue_server) -> list[str]:
    """logcli as the module's tenant, in UTC."""
    return [str(binary), "--addr", prologue_server.url, "--org-id", TENANT, "--timezone", "UTC", "--quiet"]


@pytest.fixture
def run(command):
    """What logcli prints, once on stdout and once on stderr; it must succeed."""

    def run(*arguments: str) -> tuple[str, str]:
        done = subprocess.run(
            [*command, *arguments], capture_output=True, text=True, timeout=60, env=clean(), check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout, done.stderr

    return run


def clean() -> dict[str, str]:
    """The environment without what would point logcli elsewhere."""
    return {name: value for name, value in os.environ.items() if not name.startswith("LOKI_")}


def test_query_in_each_format(run):
    query = ("query", '{app="pay"}', *RANGE)
    assert run(*query, "-o", "raw")[0].splitlines() == ["paid 2", "paid 1", "paid 0"]
    objects = [json.loads(line) for line in run(*query, "-o", "jsonl", "--forward")[0].splitlines()]
    assert [one["line"] for one in objects] == ["paid 0", "paid 1", "paid 2"]
    seconds = START // SECOND
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(seconds))
    assert objects[0]["timestamp"] == stamp
    assert stamp in run(*query)[0]


def test_a_limit_beyond_the_batch_is_paged(run):
    lines = run("query", '{app="cart"}', *RANGE, "--limit", "11", "--batch", "4", "-o", "raw")[0].splitlines()
    assert [line.split()[1] for line in lines] == [str(i) for i in range(11, 0, -1)]


def test_a_pipeline_with_its_labels(run):
    out, _ = run(
        "query", '{app="cart"} | logfmt | took >= 10ms', *RANGE, "-o", "jsonl", "--include-label", "took"
    )
    assert sorted(json.loads(line)["labels"]["took"] for line in out.splitlines()) == ["10ms", "11ms"]


def test_a_range_query(run):
    at = [time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(START // SECOND + after)) for after in (4, 8)]
    query = 'sum by (app) (count_over_time({app=~".+"}[4s]))'
    out, _ = run("query", query, "--from", at[0], "--to", at[1], "--step", "4s")
    assert json.loads(out) == [
        {"metric": {"app": "cart"}, "values": [[START // SECOND + 4, "4"], [START // SECOND + 8, "4"]]},
        {"metric": {"app": "pay"}, "values": [[START // SECOND + 4, "2"]]},
    ]


def test_statistics_are_printed(run):
    _, errors = run("query", '{app="cart"}', *RANGE, "--stats")
    found = dict(line.split(None, 1) for line in errors.splitlines() if line.startswith("Summary."))
    assert int(found["Summary.TotalLinesProcessed"].split()[0]) >= 12
    assert found["Summary.ExecTime"].strip() != "0s"


def test_instant_query(run):
    out, _ = run("instant-query", 'sum by (env) (count_over_time({app=~".+"}[2h]))')
    assert {tuple(one["metric"].items()): one["value"][1] for one in json.loads(out)} == {
        (("env", "prod"),): "12",
        (("env", "dev"),): "3",
    }


def test_labels_and_series(run):
    assert run("labels", *RANGE)[0].split() == ["app", "env", "service_name"]
    assert run("labels", "app", *RANGE)[0].split() == ["cart", "pay"]
    assert run("series", '{app="pay"}', *RANGE)[0].split("\n")[0] == (
        '{app="pay", env="dev", service_name="pay"}'
    )
    table = run("series", "{}", *RANGE, "--analyze-labels")[0]
    assert "Total Streams:  2" in table


def test_index_statistics_and_volume(run):
    assert "entries: 12" in run("stats", '{app="cart"}', *RANGE)[0]
    (cart, pay) = json.loads(run("volume", '{app=~".+"}', *RANGE)[0])
    assert (cart["metric"], pay["metric"]) == ({"app": "cart"}, {"app": "pay"})
    assert pay["value"][1] == str(3 * len("paid 0"))
    ranges = json.loads(
        run("volume_range", '{app=~".+"}', *RANGE, "--step", "4h", "--targetLabels", "env")[0]
    )
    assert {one["metric"]["env"]: one["values"][0][1] for one in ranges}["dev"] == pay["value"][1]


def test_detected_fields(run):
    out, _ = run("detected-fields", '{app="cart"}', *RANGE)
    found = {line.split()[1]: line.split() for line in out.splitlines() if line.startswith("label:")}
    assert found["took"] == ["label:", "took", "type:", "duration", "cardinality:", "12"]
    assert found["trace"][-1] == "3"
    assert run("detected-fields", '{app="cart"}', "trace", *RANGE)[0].split() == ["t0", "t1", "t2"]


def test_delete_requests(run):
    when = ("--from", "2024-01-01T00:00:00Z", "--to", "2024-01-01T01:00:00Z")
    run("delete", "create", '{app="none"}', *when)
    listed = run("delete", "list")[0]
    assert 'Query: {app="none"}' in listed
    assert "Start Time: 2024-01-01T00:00:00Z" in listed


def test_tail(command, loki):
    asked = [*command, "query", '{app="live"}', "--tail", "-o", "raw", *RANGE]
    with subprocess.Popen(asked, stdout=subprocess.PIPE, text=True, env=clean()) as tailing:
        lines: list[str] = []
        reading = threading.Thread(target=lambda: lines.extend(line.rstrip() for line in tailing.stdout))
        reading.start()
        try:
            loki.push({"app": "live"}, [(time.time_ns(), "first")])
            wait_until(lambda: lines == ["first"])
            loki.push({"app": "live"}, [(time.time_ns(), "second")])
            wait_until(lambda: lines == ["first", "second"])
        finally:
            tailing.terminate()
        reading.join(30)


def test_an_error_shows_what_is_wrong_and_the_cure(command):
    done = subprocess.run(
        [*command, "query", '{app="cart"'],
        capture_output=True,
        text=True,
        timeout=60,
        env=clean(),
        check=False,
    )
    assert done.returncode != 0
    assert "close the selector" in done.stderr
