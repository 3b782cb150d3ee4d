"""Runs the scripts of `scripts/` on the engine; their format is described in `script.py`."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from prologue.model.errors import PrologueError
from prologue.query.request import Derived, Direction, Request
from prologue.query.run import QueryEngine
from prologue.store.embedded import EmbeddedEngine
from prologue.store.migrate import migrate
from prologue.store.reader import Reader
from tests.query.loading import ORIGIN, SECOND, load
from tests.query.script import Evaluation, duration, labels, noise, read_script, unescape

SCRIPTS = sorted((Path(__file__).parent / "scripts").glob("*.txt"))


@pytest.fixture(scope="module", params=SCRIPTS, ids=lambda path: path.stem)
def script_engine(
    request: pytest.FixtureRequest, engine_path: Path, keep_engine: EmbeddedEngine
) -> Iterator[tuple[str, QueryEngine]]:
    """A script's lines, loaded once for all of its evaluations."""
    path: Path = request.param
    database = f"script_{path.stem}"
    keep_engine.command(f"CREATE DATABASE {database}")
    engine = EmbeddedEngine(engine_path, database=database)
    migrate(engine)
    script = read_script(path)
    load(engine, [*script.records, *noise(script.records)])
    reader = Reader(lambda: EmbeddedEngine(engine_path, database=database), size=1)
    yield path.stem, QueryEngine(reader)
    reader.close()
    engine.close()
    keep_engine.command(f"DROP DATABASE {database} SYNC")


def test_every_evaluation_answers_what_its_script_expects(script_engine: tuple[str, QueryEngine]) -> None:
    stem, engine = script_engine
    script = read_script(Path(__file__).parent / "scripts" / f"{stem}.txt")
    wrong = [text for one in script.evaluations if (text := _difference(engine, one))]
    assert not wrong, "\n\n".join(wrong)


def _difference(engine: QueryEngine, one: Evaluation) -> str:
    """Empty where the evaluation answers as expected."""
    try:
        answer = engine.query(one.query, _request(one))
    except PrologueError as error:
        told = f"{error.message} {error.cure}"
        if one.kind == "fail" and all(text in told for text in one.expected):
            return ""
        return f"{one.name}  {one.query}\n  failed with: {told}"
    if one.kind == "fail":
        return f"{one.name}  {one.query}\n  must fail with {one.expected}"
    found = _found(one, answer.decoded())
    expected = _expected(one)
    if _equal(found, expected):
        return ""
    return f"{one.name}  {one.query}\n  expected {expected}\n  found    {found}"


def _request(one: Evaluation) -> Request:
    common: dict[str, Any] = {
        "tenant": "default",
        "derived": Derived(detected_level="levels" in one.options),
        "now": ORIGIN,
    }
    if one.kind == "instant" or (one.kind == "fail" and "from" not in one.options):
        at = ORIGIN + one.time("at")
        return Request(start=at, end=at, **common)
    span = {"start": ORIGIN + one.time("from"), "end": ORIGIN + one.time("to")}
    if one.kind == "range":
        return Request(**span, step=one.time("step"), **common)
    return Request(
        **span,
        limit=int(one.options.get("limit", "1000")),
        direction=Direction.FORWARD if "forward" in one.options else Direction.BACKWARD,
        categorize="categorize" in one.options,
        **common,
    )


def _key(found: dict[str, str]) -> str:
    return "{" + ", ".join(f'{name}="{value}"' for name, value in sorted(found.items())) + "}"


def _found(one: Evaluation, result: Any) -> Any:
    if one.kind == "lines":
        return {
            _key(stream["stream"]): [(int(ns) - ORIGIN, line, *more) for ns, line, *more in stream["values"]]
            for stream in result
        }
    if isinstance(result, list) and result and not isinstance(result[0], dict):
        return [("scalar", float(result[1]))]
    if one.kind == "range":
        return {
            _key(series["metric"]): {_offset(at): float(value) for at, value in series["values"]}
            for series in result
        }
    pairs = [(_key(series["metric"]), float(series["value"][1])) for series in result]
    return pairs if "ordered" in one.options else sorted(pairs)


def _offset(seconds: float) -> int:
    return round(seconds * 1000) * (SECOND // 1000) - ORIGIN


def _expected(one: Evaluation) -> Any:
    if one.expected == ("nothing",):
        return {} if one.kind in ("lines", "range") else []
    if one.kind == "lines":
        return _expected_lines(one)
    if one.kind == "range":
        return {_series(text)[0]: dict(map(_point, _series(text)[1].split())) for text in one.expected}
    pairs = [_series(text) for text in one.expected]
    found = [(name, float(value)) for name, value in pairs]
    return found if "ordered" in one.options else sorted(found)


def _expected_lines(one: Evaluation) -> dict[str, list[tuple[Any, ...]]]:
    streams: dict[str, list[tuple[Any, ...]]] = {}
    current: list[tuple[Any, ...]] = []
    for text in one.expected:
        if not text.startswith(" "):
            current = streams.setdefault(_key(labels(text)), [])
            continue
        at, more, line = re.match(r"\s+(\S+)(?: \[(.*?)\])?(?: (.*))?$", text, re.S).groups()  # type: ignore[union-attr]
        entry: tuple[Any, ...] = (duration(at), unescape(line or ""))
        current.append((*entry, _categories(more or "")) if "categorize" in one.options else entry)
    return streams


def _categories(text: str) -> dict[str, dict[str, str]]:
    """`[k="v" | parsed="x"]`: metadata before the bar, parsed labels behind it."""
    metadata, _, parsed = text.partition("|")
    found = {"structuredMetadata": metadata, "parsed": parsed}
    pairs = {name: dict(re.findall(r'([^\s,=]+)="([^"]*)"', part)) for name, part in found.items()}
    return {name: values for name, values in pairs.items() if values}


def _series(text: str) -> tuple[str, str]:
    if text.startswith("scalar "):
        return "scalar", text.removeprefix("scalar ")
    end = text.rindex("}") + 1
    return _key(labels(text[:end])), text[end:].strip()


def _point(text: str) -> tuple[int, float]:
    value, _, at = text.partition("@")
    return duration(at), float(value)


def _equal(found: Any, expected: Any) -> bool:
    if isinstance(expected, float):
        return math.isclose(found, expected, rel_tol=1e-9) or (math.isnan(found) and math.isnan(expected))
    if isinstance(expected, dict):
        return found.keys() == expected.keys() and all(_equal(found[k], expected[k]) for k in expected)
    if isinstance(expected, list | tuple):
        return len(found) == len(expected) and all(map(_equal, found, expected))
    return bool(found == expected)
