"""What one query may cost: each limit has an error that names it and the cure, and 422."""

from __future__ import annotations

import pytest

from tests.support.loki import NOW, SECOND, Loki
from tests.support.server import ServerProcess

START = NOW - 600 * SECOND


@pytest.fixture(scope="module")
def narrow(tmp_path_factory):
    """A tenant of a server that allows next to nothing, with 20 streams of 200 long lines."""
    server = ServerProcess(
        tmp_path_factory.mktemp("limits") / "data",
        PROLOGUE_QUERY__MAX_SERIES="10",
        PROLOGUE_QUERY__MAX_ENTRIES="50",
        PROLOGUE_QUERY__MAX_BYTES_READ="1MB",
        PROLOGUE_QUERY__TIMEOUT="5s",
        PROLOGUE_STORE__QUERY_MEMORY="16MiB",
    ).start()
    loki = Loki(server, "limits")
    for stream in range(20):
        loki.push({"app": f"app-{stream}"}, [(START + i, f"{i} " + "x" * 500) for i in range(200)])
    yield loki
    server.stop()


@pytest.mark.parametrize(
    ("path", "asked", "named"),
    [
        pytest.param(
            "query_range", {"query": '{app="app-1"}', "limit": 51}, "query.max_entries", id="entries"
        ),
        pytest.param(
            "query",
            {"query": 'count_over_time({app=~".+"}[1h])'},
            "query.max_series",
            id="series of an instant",
        ),
        pytest.param(
            "query_range",
            {"query": 'count_over_time({app=~".+"}[1h])', "start": NOW, "end": NOW, "step": "1s"},
            "query.max_series",
            id="series of a range",
        ),
        pytest.param(
            "query",
            {"query": 'sum(count_over_time({app=~".+"} |~ "[0-9] x+y" [1h]))'},
            "too many bytes",
            id="bytes",
        ),
        pytest.param("patterns", {"query": '{app=~".+"}'}, "too many bytes", id="bytes of patterns"),
        pytest.param("detected_fields", {"query": '{app="app-1"}'}, "query.max_entries", id="sampled lines"),
    ],
)
def test_over_a_limit(narrow, path, asked, named):
    status, body = narrow.refused(path, **asked)
    assert (status, body["errorType"], body["code"]) == (422, "execution", "limit_exceeded")
    assert named in body["error"] + body["cure"]
    assert body["cure"]


def test_within_the_limits_there_is_an_answer(narrow):
    data = narrow.get("query", query='sum(count_over_time({app="app-1"}[1h]))')["data"]
    assert data["result"][0]["value"][1] == "200"
