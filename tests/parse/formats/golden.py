"""The golden files of the formats: how they are read, written and compared."""

from __future__ import annotations

import base64
import json
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

from prologue.model.payload import Payload, PayloadFormat
from prologue.parse.pipelines.nodes import Match, PipelineSet
from prologue.parse.ready.catalog import formats
from prologue.pipeline.parsing import Parsing
from prologue.pipeline.trial import Bench
from prologue.store.embedded import EmbeddedEngine

FOLDER = Path(__file__).parent
NOW = 1_795_800_000_000_000_000  # 2026-11-27T15:20:00Z


def log(name: str) -> list[str]:
    return (FOLDER / f"{name}.log").read_text(encoding="utf-8").splitlines()


def expected(name: str) -> str:
    return (FOLDER / f"{name}.expected").read_text(encoding="utf-8")


def tried(engine: EmbeddedEngine, name: str, lines: list[str] | None = None) -> list[dict[str, Any]]:
    """What the format's pipeline makes of lines, in order; `time` is None where it is that of arrival."""
    pipeline = replace(formats()[name].pipeline, match=Match())
    data = "\n".join(log(name) if lines is None else lines).encode()
    payload = Payload("default", PayloadFormat.LINES, data, NOW, {"app": "x"})
    trial = Bench(engine).try_lines(Parsing(PipelineSet((pipeline,))), payload)
    return [_plain(row) for row in trial.after.to_pylist()]


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    attributes = dict(row["attributes"])
    attributes.pop("parsed_by")
    for name in ("trace_id", "span_id"):
        if row[name]:
            attributes[name] = row[name]
    return {
        "time": None if row["time"].startswith("2026-11-27T15:20:00.000") else row["time"],
        "level": row["level"],
        "attributes": attributes,
        "body": base64.b64decode(row["body"]),
    }


def rendered(records: list[dict[str, Any]]) -> str:
    """A block a line: its time and level, then its fields, sorted."""
    blocks = []
    for record in records:
        fields = "".join(
            f"  {key}: {json.dumps(value, ensure_ascii=False)}\n"
            for key, value in sorted(record["attributes"].items())
        )
        blocks.append(f"{record['time'] or '-'} {record['level']}\n{fields}")
    return "\n".join(blocks)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = EmbeddedEngine(Path(folder))
        for name in formats():
            (FOLDER / f"{name}.expected").write_text(rendered(tried(engine, name)), encoding="utf-8")
        engine.close()


if __name__ == "__main__":
    main()
