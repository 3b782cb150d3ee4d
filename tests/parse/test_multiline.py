"""Stack traces of every runtime, in every wrapping, joined by the engine and by the agent."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from prologue.model.errors import PayloadError
from prologue.model.multiline import PRESETS, Rule, matcher, of_params, to_param
from prologue.model.payload import Payload, PayloadFormat
from prologue.parse import catalog
from prologue.parse.columns import ParseOptions
from prologue.ship.unwrap import unwrap
from tests.support.traces import LANGUAGES, cri, docker, plain, records_of

NOW = 1_795_800_000_000_000_000
WRAPPINGS = {"plain": plain, "docker": docker, "cri": cri}


def payload(data: bytes, rule: Rule, framing: str = "plain", at: int = NOW) -> Payload:
    params = {"framing": framing, "multiline": to_param(rule)}
    return Payload("default", PayloadFormat.LINES, data, at, {"app": "a"}, params)


@pytest.mark.parametrize("framing", WRAPPINGS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_traces(parse, language: str, framing: str) -> None:
    records = records_of(language)
    sent = payload(WRAPPINGS[framing](records), PRESETS[language], framing)
    assert [r["body"] for r in parse(sent)] == records
    assert [body.encode() for body in unwrap(sent).bodies] == records


@pytest.mark.parametrize("wrapped", [docker, cri])
@pytest.mark.parametrize("language", LANGUAGES)
def test_lines_of_the_other_stream_between(parse, language: str, wrapped: Callable[..., bytes]) -> None:
    records = records_of(language)
    sent = payload(wrapped(records, other=True), PRESETS[language], wrapped.__name__)
    found = [r["body"] for r in parse(sent) if r["attributes"]["stream"] == "stderr"]
    assert found == records
    own = unwrap(sent)
    pairs = zip(own.bodies, own.attributes, strict=True)
    assert [body.encode() for body, a in pairs if a["stream"] == "stderr"] == records
    assert sum(a["stream"] == "stdout" for a in own.attributes) == plain(records).count(b"\n")


def test_the_time_is_the_first_line_s(parse) -> None:
    [record] = parse(payload(docker([b"boom\n\tat a\n\tat b"]), PRESETS["java"], "docker"))
    assert record["time"].startswith("2026-11-23 10:00:00.5")


def test_a_payload_begins_a_record_and_carriage_returns_are_no_text(parse) -> None:
    start = Rule(start=r"^\d+ ")
    first, second = payload(b"1 a\r\nb\r\n\r\n2 c\r\n", start), payload(b"d\ne", start, at=NOW + 1000)
    assert [r["body"] for r in parse(first, second)] == [b"1 a\r\nb", b"2 c", b"d\ne"]


def test_only_payloads_with_a_rule_are_joined(parse) -> None:
    without = Payload("default", PayloadFormat.LINES, b"x\n y\n", NOW, {"app": "b"}, {"framing": "plain"})
    bodies = [r["body"] for r in parse(payload(b"a\n b\n", PRESETS["java"]), without)]
    assert sorted(bodies) == [b" y", b"a\n b", b"x"]


@pytest.mark.parametrize("framing", WRAPPINGS)
def test_an_expression_that_is_not_re2_is_refused(framing: str) -> None:
    wrong = payload(b"x\n", Rule(start="(?=a)"), framing)
    with pytest.raises(PayloadError, match="expression"):
        catalog.parse([wrong], ParseOptions())


@pytest.mark.parametrize("text", ["java", "{}", '{"start": 1}', '{"start": "%s"}' % ("x" * 1001)])
def test_a_param_that_is_no_rule_is_refused(text: str) -> None:
    with pytest.raises(PayloadError, match="multiline"):
        of_params({"multiline": text})


@pytest.mark.parametrize(
    "line",
    [
        "main.(*T).Do(...)",
        "main.(*Tree[...]).Insert(0xc000012345, 0x3)",
        "net/http.(*conn).serve(0xc0000, {0x1, 0x2})",
        "main.main.func1()",
        "panic({0x4a1b20?, 0x4d6f58?})",
        "created by net/http.(*Server).Serve in goroutine 1",
        "github.com/gin-gonic/gin.(*Context).Next(...)",
        "goroutine 7 [chan receive, 2 minutes]:",
    ],
)
def test_lines_of_go_s_traces(line: str) -> None:
    assert not matcher(PRESETS["go"]).begins(line.encode(), b"")


@pytest.mark.parametrize("rule", PRESETS.values(), ids=PRESETS)
@pytest.mark.parametrize(
    "line", [b".(" * 500_000, b" " * 1_000_000 + b"x", b"a." * 500_000, b"/a:1:in '" * 99_999]
)
def test_a_hostile_line_takes_no_time(rule: Rule, line: bytes) -> None:
    # Nothing to assert but the end: with backtracking over the whole line there would be none.
    assert matcher(rule).begins(line, line) in (True, False)


@pytest.mark.parametrize("rule", PRESETS.values(), ids=PRESETS)
def test_a_rule_survives_its_param(rule: Rule) -> None:
    assert of_params({"multiline": to_param(rule)}) == rule
