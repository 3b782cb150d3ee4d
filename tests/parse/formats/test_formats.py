"""Every ready-made pipeline over lines as its program prints them: what comes out is in the golden file.

`<name>.log` are the lines; `<name>.expected` is, for each, time, level and fields. Where the lines come from
says the format's `origin`. `python -m tests.parse.formats.golden` writes the golden files again: read the
difference before you commit it.
"""

from __future__ import annotations

import pytest

from prologue.parse.ready.catalog import formats
from prologue.parse.ready.detect import SAMPLE_LINES, chosen, count, counting
from tests.parse.formats.golden import FOLDER, expected, log, rendered, tried

NAMES = list(formats())
# Their lines say no time, or only some of them do.
TIMELESS = {"uvicorn", "systemd", "coredns"}


def test_every_format_has_its_lines():
    assert {path.stem for path in FOLDER.glob("*.log")} == set(NAMES)
    assert {path.stem for path in FOLDER.glob("*.expected")} == set(NAMES)
    assert len(NAMES) >= 40


@pytest.mark.parametrize("name", NAMES)
def test_fields_time_and_level(engine, name):
    records = tried(engine, name)
    assert rendered(records) == expected(name)
    assert not any("__error__" in record["attributes"] for record in records)
    assert [record["body"].decode() for record in records] == log(name)
    if name not in TIMELESS:
        assert any(record["time"] for record in records)
    assert any(record["level"] != "unknown" for record in records)
    assert any(record["attributes"] for record in records)


@pytest.mark.parametrize("name", NAMES)
def test_detected_by_its_lines(name):
    """Without a name; formats whose lines look like another's are that one's."""
    found = chosen("{}", len(log(name)), count(log(name)))
    alike = {"traefik": "zerolog_console", "containerd": "logrus", "argocd": "logrus"}
    assert (found.name if found else None) == alike.get(name, name)


@pytest.mark.parametrize("name", [name for name in NAMES if formats()[name].hints])
def test_detected_by_name(name):
    for hint in formats()[name].hints:
        found = chosen(f'{{"service_name":"x-{hint.upper()}-1"}}', len(log(name)), count(log(name)))
        assert found is not None
        # Two programs of one family go by one name; the lines decide then.
        assert found.name == name or hint in found.hints


def test_asked_for_by_the_label_parser():
    """As the annotation `prologue.io/parser` of a pod sets it."""
    lines = log("containerd")
    for asked, name in (("containerd", "containerd"), ("redis", "logrus"), ("none", None)):
        found = chosen(f'{{"parser":"{asked}"}}', len(lines), count(lines))
        assert (found.name if found else None) == name


FREE = ["", "hello world", "{}", '{"a":1}', "2026-11-26 plain text", "error: no", "a=b"]


@pytest.mark.parametrize("line", FREE)
def test_free_text_has_no_format(line):
    assert chosen('{"service_name":"nginx"}', 10, count([line] * 10)) is None


@pytest.mark.parametrize("name", NAMES)
def test_a_wrong_guess_does_no_harm(engine, name):
    """Lines of all other formats through this pipeline: whole, each once, without an error."""
    lines = [line for other in NAMES if other != name for line in log(other)[:2]]
    records = tried(engine, name, lines)
    assert [record["body"].decode() for record in records] == lines
    assert not any("__error__" in record["attributes"] for record in records)


def test_the_engine_counts_as_python_does(engine):
    """Detection asks RE2; `prologue parse suggest` and the tests above ask Python."""
    names = [name for name in NAMES for _ in log(name)[:SAMPLE_LINES]]
    lines = [line for name in NAMES for line in log(name)[:SAMPLE_LINES]]
    pairs = "SELECT arrayJoin(arrayZip({names:Array(String)}, {lines:Array(String)})) AS p"
    rows = f"(SELECT concat('{{\"n\":\"', p.1, '\"}}') AS labels, p.2 AS body FROM ({pairs}))"
    sql, bound = counting(rows)
    table = engine.arrow(sql, {**bound, "names": names, "lines": lines})
    assert table.num_rows == len(NAMES)
    for row in table.to_pylist():
        name = row["labels"].split('"')[3]
        assert row["hits"] == count(log(name)[:SAMPLE_LINES]), name
