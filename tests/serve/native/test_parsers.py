"""Custom parsers on a real server: configured, applied to what is pushed, listed, tried, read again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.server import ServerProcess, wait_until

FIRST = """
- name: web
  match: '{service_name="web"}'
  stages:
    - regex: '^(?P<method>[A-Z]+) (?P<path>\\S+)$'
    - drop: 'path="/healthz"'
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("parsers")
    (folder / "web.yaml").write_text(FIRST)
    return folder


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[ServerProcess]:
    config = folder / "prologue.yaml"
    config.write_text(
        "parsers:\n"
        f"  include: [{folder}/w*.yaml]\n"
        "  pipelines:\n"
        "    - name: inline\n"
        "      match: '{service_name=\"other\"}'\n"
        "      stages: [json]\n"
    )
    server = ServerProcess(folder / "data", PROLOGUE_CONFIG=str(config)).start()
    yield server
    server.stop()


def names(server: ServerProcess) -> list[str]:
    answer: dict[str, Any] = httpx.get(f"{server.url}/api/v1/parsers").json()
    return [one["name"] for one in answer["pipelines"]]


def send(server: ServerProcess, *lines: str) -> None:
    target = f"{server.url}/insert/lines?service_name=web"
    assert httpx.post(target, content="\n".join(lines), timeout=30).status_code == 204
    server.settle()


def stored(server: ServerProcess, needle: str) -> list[tuple[str, dict[str, str]]]:
    asked = {"query": f'{{service_name="web"}} |= "{needle}"', "since": "1h"}
    answer = httpx.post(f"{server.url}/api/v1/query", json=asked, timeout=30).json()
    rows: list[list[Any]] = answer["data"]["rows"]
    columns = [column["name"] for column in answer["data"]["columns"]]
    at, attributes = columns.index("line"), columns.index("structured_metadata")
    return sorted((row[at], row[attributes]) for row in rows)


def test_lines_are_parsed_on_their_way_in(server: ServerProcess) -> None:
    assert names(server) == ["inline", "web"]
    send(server, "GET /first", "GET /healthz", "odd first")
    (whole, failed) = stored(server, "first")
    assert whole[0] == "GET /first"
    assert (whole[1]["method"], whole[1]["path"]) == ("GET", "/first")
    assert whole[1]["parsed_by"].startswith("web@")
    assert (failed[0], failed[1]["__error__"]) == ("odd first", "RegexParserErr")
    assert stored(server, "healthz") == []
    page = httpx.get(f"{server.url}/metrics").text
    for metric, count in (("lines", 3), ("errors", 1), ("dropped_lines", 1)):
        assert f'prologue_parser_{metric}_total{{parser="web"}} {count}.0' in page


def test_a_wrong_pipeline_refuses_all_and_changes_nothing(server: ServerProcess, folder: Path) -> None:
    (folder / "web2.yaml").write_text("name: web2\nstages:\n  - jsn\n")
    refused = httpx.post(f"{server.url}/api/v1/parsers/reload", timeout=30)
    assert refused.status_code == 400
    error = refused.json()
    assert f"{folder}/web2.yaml:3:5" in error["error"]
    assert (error["position"]["line"], error["position"]["column"]) == (3, 5)
    assert error["cure"] == "did you mean json?"
    assert names(server) == ["inline", "web"]
    assert "web2.yaml:3:5" in httpx.get(f"{server.url}/api/v1/parsers").json()["error"]


def test_sighup_reads_them_again(server: ServerProcess, folder: Path) -> None:
    (folder / "web2.yaml").write_text(
        "name: web2\nmatch: '{service_name=\"web\"}'\nstages:\n  - copy: {path: p}\n"
    )
    os.kill(server.pid, signal.SIGHUP)
    wait_until(lambda: names(server) == ["inline", "web", "web2"])
    send(server, "GET /second")
    ((_, attributes),) = stored(server, "second")
    assert attributes["p"] == "/second"
    assert [one.split("@")[0] for one in attributes["parsed_by"].split()] == ["web", "web2"]


def test_trying_over_http(server: ServerProcess) -> None:
    url = f"{server.url}/api/v1/parsers/test"
    asked = {"pipelines": "name: a\nstages: [json]", "lines": ['{"a":1}', "x"]}
    answer = httpx.post(url, json=asked, timeout=30).json()
    assert answer["pipelines"] == [{"name": "a", "lines": 2, "dropped": 0, "failed": 1}]
    assert answer["after"][0]["attributes"]["a"] == "1"
    in_force = httpx.get(url, params={"lines": "PUT /x", "label": "service_name=web"}, timeout=30).json()
    assert in_force["after"][0]["attributes"]["method"] == "PUT"


@pytest.mark.parametrize(
    ("body", "says"),
    [
        ({"pipelines": "name: a\nstages: [jsn]", "lines": ""}, "pipelines:2:10"),
        ({"pipelines": "name: a\nstages: [{regex: '(?P<a>x)(?!y)'}]", "lines": ""}, "look-ahead"),
        ({"pipelines": "name: a", "lines": ""}, "stages is missing"),
        ({"lines": ["x"] * 1002}, "more than 1000 lines"),
        (
            {"lines": "", "pipelines": "\n".join(f"- {{name: a{n}, stages: [json]}}" for n in range(21))},
            "more than 20 pipelines",
        ),
        ({"line": "x"}, "not as it must be"),
    ],
)
def test_what_is_refused(server: ServerProcess, body: dict[str, Any], says: str) -> None:
    answer = httpx.post(f"{server.url}/api/v1/parsers/test", json=body, timeout=30)
    assert answer.status_code in (400, 422, 429)
    assert says in answer.json()["error"]


def test_stored_lines_are_parsed_again(server: ServerProcess, folder: Path) -> None:
    target = f"{server.url}/insert/lines?service_name=old"
    assert httpx.post(target, content="a=1\na=2", timeout=30).status_code == 204
    server.settle()
    (folder / "again.yaml").write_text("name: again\nstages: [logfmt]\n")
    command = [sys.executable, "-m", "prologue", "parse", "rerun", str(folder / "again.yaml")]
    command += ['{service_name="old"} |= "a=1"', "--since", "1h", "--url", server.url]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stdout) == (0, "1 lines were parsed again\n"), done.stderr
    asked = {"query": '{service_name="old"}', "since": "1h"}
    answer = httpx.post(f"{server.url}/api/v1/query", json=asked, timeout=30).json()
    columns = [column["name"] for column in answer["data"]["columns"]]
    at, attributes = columns.index("line"), columns.index("structured_metadata")
    rows = {row[at]: row[attributes] for row in answer["data"]["rows"]}
    assert rows["a=1"]["a"] == "1"
    assert (len(answer["data"]["rows"]), "a" in rows["a=2"]) == (2, False)
    refused = httpx.post(
        f"{server.url}/api/v1/parsers/rerun",
        json={"query": '{a="b"} | json', "start": 0, "end": 1, "pipelines": "name: a\nstages: [json]"},
    )
    assert refused.status_code == 400


def test_what_is_tried_cannot_take_the_memory(server: ServerProcess) -> None:
    doubling = "\n".join(["- template: {x: '{{.body}}'}", *["- template: {x: '{{.x}}{{.x}}'}"] * 25])
    asked = {"pipelines": f"name: a\nstages:\n{doubling}", "lines": ["x" * 100_000]}
    answer = httpx.post(f"{server.url}/api/v1/parsers/test", json=asked, timeout=60)
    assert answer.status_code in (400, 422, 429)
    assert "more memory or time than a trial may" in answer.json()["error"]
    assert names(server)
