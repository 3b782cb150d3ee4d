"""`prologue labels`."""

from __future__ import annotations

from tests.cli.conftest import Run
from tests.client.scripted import Scripted
from tests.support.server import ServerProcess


def test_names(run: Run, server: Scripted) -> None:
    server.answer("/loki/api/v1/labels", {"data": ["app", "pod"]})
    done = run("labels", "--url", server.url, "--query", '{app="a"}')
    assert (done.returncode, done.stdout) == (0, "app\npod\n")
    assert server.heard[0].query["query"] == '{app="a"}'


def test_values(run: Run, server: Scripted) -> None:
    server.answer("/loki/api/v1/label/app/values", {"data": ["a b", "c\n"]})
    assert run("labels", "app", "--url", server.url, "-o", "jsonl").stdout == '"a b"\n"c\\n"\n'


def test_nothing_is_told(run: Run, server: Scripted) -> None:
    server.answer("/loki/api/v1/labels", {"data": []})
    done = run("labels", "--url", server.url)
    assert (done.returncode, done.stdout) == (0, "")
    assert "widen it with --since" in done.stderr


def test_a_refused_selector_is_pointed_at(run: Run, server: Scripted) -> None:
    refused = {"error": "no", "code": "bad_query", "position": {"line": 1, "column": 1, "offset": 0}}
    server.answer("/loki/api/v1/labels", refused, 400)
    done = run("labels", "--query", "x", "--url", server.url)
    assert (done.returncode, done.stderr.splitlines()[1:]) == (2, ["  x", "  ^"])


def test_a_real_server(run: Run, prologue_server: ServerProcess) -> None:
    prologue_server.push([{"_msg": "x", "service_name": "cli-labels"}])
    assert "service_name" in run("labels", "--url", prologue_server.url).stdout.splitlines()
    values = run("labels", "service_name", "--url", prologue_server.url)
    assert "cli-labels" in values.stdout.splitlines(), values.stderr
    asked = run(
        "labels", "service_name", "--query", '{service_name="cli-labels"}', "--url", prologue_server.url
    )
    assert asked.stdout == "cli-labels\n"
