"""`prologue labels`."""

from __future__ import annotations

from tests.cli.conftest import Run
from tests.client.scripted import Scripted


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
