"""docs/parsers.md names every stage, and its examples come out as it says."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from prologue.parse.pipelines.document import Surroundings
from prologue.parse.pipelines.read import pipeline_set, read_pipelines
from prologue.parse.stages.catalog import STAGES
from prologue.pipeline.trial import Bench, lines_payload
from prologue.store.embedded import EmbeddedEngine
from tests.docs.blocks import Block, blocks

PAGE = Path(__file__).parents[2] / "docs" / "parsers.md"
EXAMPLES = PAGE.parent / "examples" / "parsers"


def examples() -> list[tuple[Block, Block, Block]]:
    """Pipeline, lines and the fields of the last of them."""
    found = blocks(PAGE)
    return [
        (found[place], found[place + 1], found[place + 2])
        for place, block in enumerate(found)
        if block.info == "yaml parser"
    ]


def test_every_stage_has_a_section_with_an_example() -> None:
    sections = re.split(r"^### ", PAGE.read_text(), flags=re.M)
    shown = {m[1] for s in sections if (m := re.match(r"`(\w+)`\n", s)) and "```yaml parser" in s}
    assert shown == set(STAGES)


@pytest.mark.parametrize("example", examples(), ids=lambda example: f"line {example[0].line}")
def test_examples(engine: EmbeddedEngine, example: tuple[Block, Block, Block]) -> None:
    pipeline, lines, fields = example
    assert lines.info.startswith("text lines"), f"{PAGE.name}:{lines.line}"
    assert fields.info == "json fields", f"{PAGE.name}:{fields.line}"
    text = pipeline.text if "stages:" in pipeline.text else f"name: example\nstages:\n{pipeline.text}"
    found = read_pipelines(text, PAGE.name, Surroundings(folder=EXAMPLES, allow_python=True))
    bench = Bench(engine)
    labels = json.loads(lines.info.removeprefix("text lines") or '{"app": "x"}')
    trial = bench.try_lines(bench.check(pipeline_set(found)), lines_payload(lines.text.encode(), labels))
    attributes = dict(trial.after.to_pylist()[-1]["attributes"])
    assert attributes.pop("parsed_by").startswith(f"{found[0].name}@")
    assert attributes == json.loads(fields.text)
