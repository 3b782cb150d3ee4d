"""`query` and `query_range` over HTTP: parameters, shapes, statistics, refusals."""

from __future__ import annotations

import itertools

import pytest

from tests.support.loki import NOW, SECOND

START = NOW - 600 * SECOND


@pytest.fixture(scope="module", autouse=True)
def lines(loki):
    """One line a second for ten seconds from START, in two streams."""
    loki.push({"app": "cart"}, [(START + i * SECOND, f"order {i}", {"n": str(i)}) for i in range(0, 10, 2)])
    loki.push({"app": "pay"}, [(START + i * SECOND, f"level=warn paid {i}") for i in range(1, 10, 2)])


def texts(loki, **asked) -> list[str]:
    """The lines of one stream in the order they are answered in."""
    headers = {
        "X-Loki-Response-Encoding-Flags": "categorize-labels"
    }  # metadata would make streams of its own
    data = loki.get("query_range", **{"query": '{app="cart"}', **asked}, headers=headers)["data"]
    assert len(data["result"]) == 1
    return [line for _, line, _ in data["result"][0]["values"]]


def test_health_check_of_grafana(loki):
    data = loki.get("query", query="vector(1)+vector(1)")["data"]
    assert data["resultType"] == "vector"
    assert [(series["metric"], series["value"][1]) for series in data["result"]] == [({}, "2")]


def test_a_number_is_a_scalar(loki):
    data = loki.get("query", query="1 + 1", time="1700000000.5")["data"]
    assert (data["resultType"], data["result"]) == ("scalar", [1700000000.5, "2"])


@pytest.mark.parametrize(
    "time",
    [
        pytest.param(str(START + 10 * SECOND), id="nanoseconds"),
        pytest.param(str((START + 10 * SECOND) // SECOND), id="seconds"),
        pytest.param(f"{(START + 10 * SECOND) // SECOND}.000", id="float seconds"),
    ],
)
def test_instant_query_at_exactly_time(loki, time):
    data = loki.get("query", query='sum(count_over_time({app="cart"}[5s]))', time=time)["data"]
    assert data["result"] == [{"metric": {}, "value": [(START + 10 * SECOND) // SECOND, "2"]}]


def test_log_query_as_an_instant_query_is_refused(loki):
    status, body = loki.refused("query", query='{app="cart"}')
    assert status == 400
    assert "instant query" in body["error"]
    assert body["cure"]


def test_start_is_included_and_end_is_not(loki):
    assert texts(loki, start=START, end=START + 4 * SECOND) == ["order 2", "order 0"]


@pytest.mark.parametrize(
    ("direction", "wanted"),
    [
        ("forward", ["order 0", "order 2"]),
        ("FORWARD", ["order 0", "order 2"]),
        ("backward", ["order 8", "order 6"]),
    ],
)
def test_limit_counts_from_the_end_that_direction_names(loki, direction, wanted):
    assert texts(loki, start=START, limit=2, direction=direction) == wanted


def test_backward_and_a_hundred_lines_are_the_defaults(loki):
    assert texts(loki) == [f"order {i}" for i in (8, 6, 4, 2, 0)]


def test_labels_and_metadata_of_a_line(loki):
    (stream,) = loki.get("query_range", query='{app="cart"} |= "order 4"')["data"]["result"]
    assert stream["stream"] == {
        "app": "cart",
        "service_name": "cart",
        "detected_level": "unknown",
        "n": "4",
    }
    assert stream["values"] == [[str(START + 4 * SECOND), "order 4"]]


def test_categorised_labels(loki):
    flags = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}
    data = loki.get("query_range", query='{app="cart"} | pattern "order <k>" | k="4"', headers=flags)["data"]
    assert data["encodingFlags"] == ["categorize-labels"]
    (stream,) = data["result"]
    assert stream["stream"] == {"app": "cart", "service_name": "cart"}
    assert stream["values"][0][2] == {
        "structuredMetadata": {"detected_level": "unknown", "n": "4"},
        "parsed": {"k": "4"},
    }


def test_since_counts_back_from_end(loki):
    end = START + 5 * SECOND
    assert texts(loki, end=end, since="2s") == ["order 4"]
    assert texts(loki, end=end, since="2s", start=START) == [
        "order 4",
        "order 2",
        "order 0",
    ], "a given start wins over since"


@pytest.mark.parametrize("step", ["5s", "5", "5000ms"])
def test_a_matrix_is_evaluated_at_start_and_every_step(loki, step):
    query = 'sum by (app) (count_over_time({app=~"cart|pay"}[5s]))'
    start = START + 5 * SECOND
    data = loki.get("query_range", query=query, start=start, end=start + 5 * SECOND, step=step)["data"]
    assert data["resultType"] == "matrix"
    first = start // SECOND
    assert data["result"] == [
        {"metric": {"app": "cart"}, "values": [[first, "2"], [first + 5, "2"]]},
        {"metric": {"app": "pay"}, "values": [[first, "3"], [first + 5, "2"]]},
    ]


def test_the_default_step_makes_at_most_about_250_points(loki):
    query = 'sum(count_over_time({app="cart"}[1h]))'
    data = loki.get("query_range", query=query, start=START, end=START + 500 * SECOND)["data"]
    times = [at for at, _ in data["result"][0]["values"]]
    assert {b - a for a, b in itertools.pairwise(times)} == {2}


@pytest.mark.parametrize(
    ("direction", "interval", "wanted"),
    [
        ("forward", "4s", [0, 4, 8]),
        ("backward", "4s", [8, 4, 0]),
        ("forward", "3s", [0, 4, 8]),
        ("forward", "1s", [0, 2, 4, 6, 8]),
        ("backward", "1h", [8]),
        ("forward", "0", [0, 2, 4, 6, 8]),
    ],
)
def test_interval_thins_lines(loki, direction, interval, wanted):
    found = texts(loki, start=START, interval=interval, direction=direction)
    assert found == [f"order {i}" for i in wanted]


def test_interval_thins_all_streams_together(loki):
    query = '{app=~"cart|pay"}'
    result = loki.get("query_range", query=query, start=START, interval="3s", direction="forward")["data"][
        "result"
    ]
    lines = sorted(value for stream in result for value in stream["values"])
    assert [line for _, line in lines] == ["order 0", "level=warn paid 3", "order 6", "level=warn paid 9"]


@pytest.mark.parametrize("path", ["query", "query_range"])
def test_post_answers_as_get(loki, path):
    asked = {
        "query": 'sum(count_over_time({app="cart"}[1h]))',
        "time": NOW,
        "start": NOW,
        "end": NOW,
        "step": "1m",
    }
    get, post = loki.get(path, **asked), loki.post(path, **asked)
    assert get["data"]["result"] == post["data"]["result"] != []


def test_statistics_are_of_this_query(loki):
    loki.get("query_range", query='{app="cart"}')
    stats = loki.get("query_range", query='{app="cart"} |= "order 4"')["data"]["stats"]
    summary = stats["summary"]
    assert summary["totalEntriesReturned"] == 1
    assert summary["totalLinesProcessed"] >= 5
    assert summary["totalBytesProcessed"] >= sum(len(f"order {i}") for i in range(0, 10, 2))
    assert summary["execTime"] > 0
    assert summary["bytesProcessedPerSecond"] > 0
    assert {"querier", "ingester", "cache"} <= stats.keys()


def test_an_error_says_where_and_what_to_do(loki):
    status, body = loki.refused("query_range", query='{app="cart"} |= ')
    assert status == 400
    assert (body["status"], body["errorType"], body["code"]) == ("error", "bad_data", "bad_query")
    assert body["position"]["column"] == 17
    assert body["cure"]


@pytest.mark.parametrize(
    ("parameters", "status", "named"),
    [
        ({"query": ""}, 400, "query"),
        ({"query": '{app="cart"}', "limit": "many"}, 400, "limit"),
        ({"query": '{app="cart"}', "start": "tomorrow"}, 400, "start"),
        ({"query": '{app="cart"}', "start": "2", "end": "1"}, 400, "start"),
        ({"query": '{app="cart"}', "direction": "up"}, 400, "direction"),
        ({"query": 'sum(rate({app="cart"}[1m]))', "step": "-1"}, 400, "step"),
        ({"query": '{app="cart"}', "limit": "5001"}, 422, "query.max_entries"),
        ({"query": 'rate({app="cart"}[1m])', "start": "0", "step": "1s"}, 400, "11000"),
    ],
)
def test_refusals_name_what_is_wrong(loki, parameters, status, named):
    got, body = loki.refused("query_range", **parameters)
    assert got == status
    assert named in body["error"] + body["cure"]


def test_a_form_over_a_mebibyte_is_refused(loki):
    answer = loki.ask("POST", "query_range", query='{app="cart"} |= "' + "x" * (1 << 20) + '"')
    assert answer.status_code == 422
    assert "1048576" in answer.json()["error"]
