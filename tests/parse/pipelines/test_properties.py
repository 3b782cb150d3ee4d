# ruff: noqa: E501  (tables read better a case a line)
"""For any bytes: as many lines come out as went in, less those dropped on purpose, and each is still there."""

from __future__ import annotations

import base64
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from prologue.model.payload import Payload, PayloadFormat
from prologue.parse.pipelines.document import Surroundings
from prologue.parse.pipelines.read import pipeline_set, read_pipelines
from prologue.pipeline.parsing import Parsing
from prologue.pipeline.trial import Bench
from prologue.store.embedded import EmbeddedEngine

NOW = 1_795_800_000_000_000_000

# One pipeline of every stage that reads text, and of those that change what was read.
STAGES = r"""
- json: {on_error: continue}
- logfmt: {on_error: continue, prefix: l.}
- kv: {between: ':', pairs: ';', on_error: continue}
- regex: {pattern: '(?P<w>\w+) (?P<v>.*)', on_error: continue}
- pattern: {pattern: '<a> <b>=<_>', on_error: continue}
- dissect: {pattern: '%{+x} %{+x->} %{*k}:%{&k}', on_error: continue}
- csv: {columns: [one, two], on_error: continue}
- xml: {on_error: continue}
- syslog: {on_error: continue}
- timestamp: {source: w, formats: [unix, rfc3339, '%H:%M:%S', 'Jan _2 15:04:05', '%d/%b/%Y:%H:%M:%S %z'], on_error: continue}
- severity: v
- trace
- labels: [a]
- template: {t: '{{.w | upper}}-{{.v | trunc 3}}'}
- flatten
- rename: {v: body}
- remove: ['l.*']
- drop: 'w="DROP" and a=~"D.*"'
- grok: '%{IP:ip}'
- copy: {ip: never}
"""
PIPELINES = f"name: all\nstages:{STAGES}".replace("\n- ", "\n  - ")
CRI = "name: cri\nstages: [cri]"
MULTILINE = "name: m\nstages:\n- multiline: '^[a-z]'\n- json"

LINE = st.one_of(
    st.binary(max_size=60),
    st.text(max_size=40).map(str.encode),
    st.sampled_from(
        [
            b'{"a":"\\u0000","b":{"c":[1,{"d":null}]}}', b'{"a":1,"a":2}', b'k="v\\" w" x=', b"a:b;c:d", b"<a><b>1</b></a>",
            b"<34>1 2026-11-20T10:00:00Z h a p m [x@1 y=\"z\"] hi", b"Nov 31 10:00:00 h a[1]: m", b"1795000000 x",
            b"99999999999999999999 y", b'"a""b",c', b"DROP Dx=", b"2026-11-20T10:00:00Z stdout F \xff\xfe", b"10.0.0.1 z",
            b"\xf0\x28\x8c\x28 = \x80", b"__error__=x parsed_by=y original_body=z",
        ]
    ),
)  # fmt: skip


@pytest.fixture
def bench(engine: EmbeddedEngine) -> Bench:
    return Bench(engine)


def tried(bench: Bench, text: str, lines: list[bytes]) -> tuple[list[bytes], list[bytes], int]:
    """The lines before any pipeline, what they can be told again as after it, and how many were dropped."""
    parsing = Parsing(pipeline_set(read_pipelines(text, "t", Surroundings())))
    bench.load(Payload("t", PayloadFormat.LINES, b"\n".join(lines), NOW, {"service_name": "s"}))
    ask = (
        "SELECT base64Encode(if(mapContains(attributes, 'original_body'), attributes['original_body'], body)) "
        "AS told FROM stage"
    )
    before = bench.engine.arrow(ask)
    rows, tallies = parsing.apply(bench.engine)
    after = before if rows is None else bench.engine.arrow(rows.instead_of_stage(ask), rows.parameters)
    sent, told = ([base64.b64decode(b) for b in table["told"].to_pylist()] for table in (before, after))
    return sent, told, sum(tally.dropped for tally in tallies)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINE, min_size=1, max_size=12))
def test_no_line_is_lost_and_each_can_be_told_again(bench: Bench, lines: list[bytes]) -> None:
    for text in (PIPELINES, CRI):
        sent, told, dropped = tried(bench, text, lines)
        assert len(told) == len(sent) - dropped
        # What is missing is what was dropped, and nothing else came instead.
        assert sum((Counter(told) - Counter(sent)).values()) == 0
        missing = Counter(sent) - Counter(told)
        assert all(line.startswith(b"DROP D") for line in missing)
        assert sum(missing.values()) == dropped


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINE, min_size=1, max_size=12))
def test_joined_lines_hold_every_line(bench: Bench, lines: list[bytes]) -> None:
    sent, told, _ = tried(bench, MULTILINE, lines)
    joined = b"\n".join(told)
    assert bool(told) == bool(sent)
    assert not sent or sorted(joined.split(b"\n")) == sorted(
        part for line in sent for part in line.split(b"\n")
    )
