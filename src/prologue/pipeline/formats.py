"""Ready-made pipelines chosen by themselves: each stream's format, found once and remembered.

A batch asks which label sets it has (their hashes; the engine answers from the dictionary of the column).
Those that are known already have their format or none; of the others the engine counts what their first
lines look like (`prologue.parse.ready.detect`). A stream whose lines fit no format in five batches has
none from then on; two batches are enough where they had lines to spare and not one was like any format's.

A batch that is tried again must come out the same (`LogWriter.transform`), after a crash too. So what is
found out is written to a file before the batch is stored, with the number of the batch; what was found in
this batch or a later one does not count for it, and is found again from its own lines.

Labels decide, not tenants: if two tenants have a stream of one name and different formats in it, the lines
of one are left as they are.

Next chapter: `prologue.pipeline.parsing`, which runs the pipelines.
"""

from __future__ import annotations

import logging
import os
import re
import threading
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from prologue.model.errors import EngineError, TemporaryError
from prologue.parse.pipelines.compile import Program, Select, compile_pipeline
from prologue.parse.pipelines.nodes import Pipeline
from prologue.parse.ready.catalog import formats
from prologue.parse.ready.detect import SAMPLE_LINES, chosen, counting
from prologue.store.engine import Engine

logger = logging.getLogger(__name__)

NONE = "-"
"""In place of a format's name: the stream has none."""

_LINE = re.compile(r"([0-9]+) (\S+) ([0-9]+)")
_HASH = "sipHash64(toString(labels))"
_MOST_TRIES = 5
_ALIEN_TRIES = 3
"""How many tries a batch counts for in whose many lines of a stream nothing is like a format."""
_MOST_STREAMS = 1000
"""How many streams of a batch are looked at; the others' turn is their next batch."""

_ONCE: dict[str, str | int | float] = {
    # The engine compiles to machine code what it meets a fourth time: here all the formats' patterns, 0.6 to
    # 0.8 CPU-seconds, just before most streams are settled and nothing is asked any more.
    "compile_regular_expressions": 0,
    "compile_expressions": 0,
    "compile_aggregate_expressions": 0,
}


@dataclass(frozen=True, slots=True)
class Found:
    """A stream's format, or NONE, and the number of the batch that said so; it counts for later ones."""

    name: str
    batch: int


class FormatMemory:
    """What format each stream has, by the hash of its labels; in a file, if there is a path. Thread-safe.

    The file has a line for each stream: hash, format, batch. At `most` streams the older half is forgotten,
    and found again when its streams are heard of.
    """

    def __init__(self, path: Path | None, *, most: int = 100_000) -> None:
        self._path = path
        self._most = most
        self._lock = threading.Lock()
        self._found, whole = _read(path) if path is not None else ({}, True)
        self._tries: dict[int, tuple[int, int]] = {}
        """How many, and the last batch that counted: a batch that is tried again is no new one."""
        if not whole:
            self._rewrite()

    def known(self, streams: Collection[int], batch: int) -> dict[int, str]:
        """The formats of those streams that were found before this batch."""
        with self._lock:
            held = {stream: self._found.get(stream) for stream in streams}
        return {stream: one.name for stream, one in held.items() if one is not None and one.batch < batch}

    def learn(self, found: Mapping[int, str], batch: int, alien: Collection[int] = ()) -> None:
        """Remember what a batch showed, durably; NONE counts as a try, as some for `alien` streams.

        Raises TemporaryError.
        """
        with self._lock:
            if len(self._tries) > self._most:  # streams that came a few times and went
                self._tries.clear()
            new = {}
            for stream, name in found.items():
                if name == NONE:
                    tries, last = self._tries.get(stream, (0, -1))
                    more = _ALIEN_TRIES if stream in alien else 1
                    self._tries[stream] = (tries + (more if batch != last else 0), batch)
                if stream not in self._found and (name != NONE or self._tries[stream][0] >= _MOST_TRIES):
                    new[stream] = Found(name, batch)
                    self._tries.pop(stream, None)
            if not new:
                return
            self._found |= new
            try:
                self._keep(new)
            except OSError as error:
                for stream in new:
                    self._found.pop(stream, None)
                raise TemporaryError(
                    f"cannot write {self._path}: {error.strerror}", cure="free space in the data directory"
                ) from error

    def _keep(self, new: Mapping[int, Found]) -> None:
        if len(self._found) > self._most:
            self._found = dict(list(self._found.items())[len(self._found) // 2 :])
            self._tries.clear()
            self._rewrite()
        elif self._path is not None:
            _write(self._path, new, "a")

    def _rewrite(self) -> None:
        if self._path is not None:
            temporary = self._path.with_suffix(".new")
            _write(temporary, self._found, "w")
            temporary.replace(self._path)


class ReadyPipelines:
    """The programs of ready-made pipelines for a batch. Used from several threads at once."""

    def __init__(self, memory: FormatMemory, exclude: Collection[str] = ()) -> None:
        self._memory = memory
        self._programs = {
            name: compile_pipeline(_for_unparsed(one.pipeline), f"r{number}_")
            for number, (name, one) in enumerate(formats().items())
            if name not in exclude
        }

    def programs(
        self, engine: Engine, rows: str, parameters: Mapping[str, object], batch: int
    ) -> list[Program]:
        """The programs for streams of the relation `rows`, each bound to its streams.

        There are none where the engine cannot count: lines are worth more than their fields.
        """
        try:
            known = self._formats(engine, rows, parameters, batch)
        except EngineError as error:
            logger.error("no format is looked for in batch %d: %s", batch, error.message)
            return []
        chosen_for: dict[str, list[int]] = {}
        for stream, name in known.items():
            chosen_for.setdefault(name, []).append(stream)
        return [
            _bound(program, number, chosen_for[name])
            for number, (name, program) in enumerate(self._programs.items())
            if name in chosen_for
        ]

    def _formats(
        self, engine: Engine, rows: str, parameters: Mapping[str, object], batch: int
    ) -> dict[int, str]:
        """The format of each stream of the relation, by the hash of its labels."""
        table = engine.arrow(f"SELECT DISTINCT {_HASH} AS stream FROM {rows}", parameters)
        streams = [int(stream) for stream in table["stream"].to_numpy()]
        known = self._memory.known(streams, batch)
        unknown = sorted(set(streams) - known.keys())[:_MOST_STREAMS]
        if unknown:
            found, alien = self._found(engine, rows, parameters, unknown)
            self._memory.learn(found, batch, alien)
            known |= found
        return known

    def _found(
        self, engine: Engine, rows: str, parameters: Mapping[str, object], streams: list[int]
    ) -> tuple[dict[int, str], set[int]]:
        """What the lines of these streams look like, NONE where like nothing; and the streams of which a
        whole sample had no line that is like any format's."""
        # In order of arrival, so that the same lines are looked at when the batch is tried again.
        some = f"(SELECT * FROM {rows} WHERE {_HASH} IN {{ready_new:Array(UInt64)}} ORDER BY observed, body)"
        sql, bound = counting(some)
        table = engine.arrow(
            f"SELECT *, {_HASH} AS stream FROM ({sql})",
            {**parameters, **bound, "ready_new": streams},
            _ONCE,
        )
        found, alien = {}, set()
        for row in table.to_pylist():
            one = chosen(row["labels"], row["lines"], row["hits"])
            found[row["stream"]] = one.name if one is not None else NONE
            if row["lines"] >= SAMPLE_LINES and not any(row["hits"]):
                alien.add(row["stream"])
        return found, alien


def _for_unparsed(pipeline: Pipeline) -> Pipeline:
    """The pipeline for lines that no other one took."""
    return replace(pipeline, match=replace(pipeline.match, unparsed=True))


def _bound(program: Program, number: int, streams: list[int]) -> Program:
    """The program over these streams."""
    name = f"ready_streams_{number}"
    condition = f"{_HASH} IN {{{name}:Array(UInt64)}}"
    return replace(program, labels=Select(condition, {**program.labels.parameters, name: streams}))


def _read(path: Path) -> tuple[dict[int, Found], bool]:
    """What the file holds, and whether it is whole: a crash may leave half a line at its end."""
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return {}, True
    found, whole = {}, text.endswith("\n") or not text
    for line in text.splitlines():
        match = _LINE.fullmatch(line)
        if match is None:
            logger.warning("%s has a line that is none: %r", path, line[:100])
            whole = False
        elif match[2] == NONE or match[2] in formats():
            found[int(match[1])] = Found(match[2], int(match[3]))
    return found, whole


def _write(path: Path, found: Mapping[int, Found], mode: str) -> None:
    with path.open(mode, encoding="utf-8") as file:
        file.writelines(f"{stream} {one.name} {one.batch}\n" for stream, one in found.items())
        file.flush()
        os.fsync(file.fileno())
