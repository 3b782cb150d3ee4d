"""What is proposed for lines of every kind, and that it reads them."""

from __future__ import annotations

import pytest

from prologue.cli.suggest.propose import propose
from prologue.parse.pipelines.document import Surroundings
from prologue.parse.pipelines.read import pipeline_set, read_pipelines
from prologue.pipeline.trial import Bench, lines_payload
from tests.parse.formats.golden import log

FREE = [
    "2026-11-26 01:02:03 INFO order 17 placed by ann from 10.0.0.7 in 12ms",
    "2026-11-26 01:02:04 INFO order 18 placed by bob from 10.0.0.8 in 9ms",
    "2026-11-26 01:02:05 WARN stock of item=33 is 2",
    "2026-11-26 01:02:06 WARN stock of item=34 is 1",
    "2026-11-26 01:02:07 ERROR payment 991 failed: declined (a+b)",
    "2026-11-26 01:02:08 INFO order 19 placed by eve from 10.0.0.9 in 22ms",
]


@pytest.fixture
def fields(engine):
    """The attributes, time and level of each line, by the pipeline that is proposed for all of them."""

    def run(lines, name="sample"):
        found = propose(lines, name)
        pipelines = pipeline_set(read_pipelines(found.yaml, "suggested.yaml", Surroundings()))
        bench = Bench(engine)
        payload = lines_payload("\n".join(lines).encode(), {"service_name": name})
        trial = bench.try_lines(bench.check(pipelines), payload)
        rows = []
        for row in trial.after.to_pylist():
            rows.append({**dict(row["attributes"]), "_time": row["time"][:19], "_level": row["level"]})
        return found, rows

    return run


def test_templates_of_free_lines(fields):
    found, rows = fields(FREE)
    assert found.why == "3 kinds of lines, which make up 100% of these"
    assert not any("__error__" in row for row in rows)
    assert (
        rows[0] | {"number": "17", "ip": "10.0.0.7", "_time": "2026-11-26T01:02:03", "_level": "info"}
        == rows[0]
    )
    assert rows[3] | {"item": "34", "number": "1", "_level": "warn"} == rows[3]
    assert rows[4] | {"number": "991", "_level": "error"} == rows[4]


def test_a_level_behind_other_words_and_a_name_that_comes_twice(fields):
    lines = [
        f"2026-11-26 01:02:0{n} [main-{n}] {level} c.Cart - cart {n} time={n}ms"
        for n, level in enumerate(["INFO", "WARN", "ERROR", "INFO", "WARN", "INFO"])
    ]
    found, rows = fields(lines)
    assert found.why == "1 kind of line, which makes up 100% of these"
    assert not any("__error__" in row for row in rows)
    assert [row["_level"] for row in rows] == ["info", "warn", "error", "info", "warn", "info"]
    assert (rows[3]["_time"], rows[3]["time2"]) == ("2026-11-26T01:02:03", "3ms")


def test_json(fields):
    lines = ['{"when":1,"Level":"warning","ts":1795657726.5,"q":{"a":1}}', '{"Level":"info","ts":1795657727}']
    found, rows = fields(lines)
    assert found.why == "JSON objects"
    assert (rows[0]["q.a"], rows[0]["_time"], rows[0]["_level"]) == ("1", "2026-11-26T01:48:46", "warn")


def test_logfmt(fields):
    found, rows = fields(['at=2026 lvl=eror a=1 b="x y"', "lvl=warn a=2 b=z"])
    assert found.why == "key=value pairs (logfmt)"
    assert (rows[0]["b"], rows[1]["_level"]) == ("x y", "warn")


def test_a_runtimes_wrapping_is_taken_off(fields):
    lines = [f'2026-11-26T01:02:03.4Z stdout F {{"level":"warn","n":{n}}}' for n in range(3)]
    found, rows = fields(lines)
    assert "- cri\n" in found.yaml
    assert (rows[2]["n"], rows[2]["_level"]) == ("2", "warn")


@pytest.mark.parametrize("name", ["nginx_access", "redis", "klog", "zap", "spring_boot"])
def test_known_formats(fields, name):
    found, rows = fields(log(name), name)
    assert "recognised without configuration" in found.why
    assert found.yaml.startswith(f"name: {name}\n")
    assert all("parsed_by" in row for row in rows)


@pytest.mark.parametrize("lines", [[], ["", "  "], ["free text", "and more of it"]])
def test_nothing_repeats(lines):
    assert propose(lines, "x") is None


@pytest.mark.parametrize("line", ["a 1 [b] (c) {d} $5 ^x +y *z |q \\w 'k'", "%{NOT} 7", "x=1 é 漢 9"])
def test_characters_of_expressions_and_of_yaml(fields, line):
    _, rows = fields([line, line.replace("1", "2").replace("7", "8").replace("9", "10")])
    assert not any("__error__" in row for row in rows)
