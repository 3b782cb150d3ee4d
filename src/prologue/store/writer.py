"""The writer: a batch goes in whole, once, and is known to be in before it is released.

How exactly once holds on a table that has no transactions:

1. The batch is parsed into `stage`, in memory. Whatever fails here has touched nothing.
2. Its streams are registered. Repeating that is harmless.
3. `INSERT INTO logs SELECT ... FROM stage` writes one block (or some, of 200 days each), so one
   part a partition, each committed atomically and fsynced (table settings).
   That the disk took it is seen to afterwards (`unwritten.py`).
4. When step 3 was interrupted (a crash, an error whose outcome is unknown), the batch is written
   again with `recover=True`: the partitions that already hold rows of this batch id are asked for
   and left out (`recovery.py`).

The engine's own deduplication is switched off. It notes a token before it commits the part, so after
a crash between the two it would take a batch for known that is not there, and report success.

Next chapter: `prologue.pipeline`, which takes batches from the buffer and retries.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
import pyarrow as pa

from prologue.model.arrow_stream import arrow_pieces
from prologue.model.errors import EngineError, EngineUnavailable
from prologue.store import recovery
from prologue.store.engine import NONE, Engine, Parameters, Settings, Source
from prologue.store.known_streams import KnownStreams
from prologue.store.pace import Pace
from prologue.store.stage import CREATE_STAGE, STAGE_COLUMNS, Rows, Stage
from prologue.store.unwritten import Unwritten

logger = logging.getLogger(__name__)

_STREAM = "xxHash64(concat(tenant, '\\0', labels))"

# The retention class a sender asks for; computed once for each label set.
_CLASS = "JSONExtractString(labels, 'retention_class')"

# One block in, one part a partition out, whatever the batch holds.
_ONE_BLOCK: dict[str, str | int | float] = {
    "max_insert_threads": 1,
    "min_insert_block_size_rows": 1 << 40,
    "min_insert_block_size_bytes": 1 << 50,
    "max_partitions_per_insert_block": 0,
    "insert_deduplicate": 0,
}
_PARSING: dict[str, str | int | float] = {
    "max_partitions_per_insert_block": 0,
    "short_circuit_function_evaluation": "enable",
    # There are several writers: to cut one's lines up for several threads only costs.
    "input_format_parallel_parsing": 0,
}

_LOGS_COLUMNS = (
    "tenant, timestamp, observed, stream, batch, level, severity_number, severity_text, body, "
    "trace_id, span_id, attributes, retention"
)
_LOGS_VALUES = (
    f"tenant, timestamp, observed, {_STREAM}, {{batch:UInt64}}, level, severity_number, severity_text, body, "
    "trace_id, span_id, attributes"
)
# What `logs` is partitioned by; `recovery.Partition`.
_DAY = "toString(toDate(timestamp))"
# What a line says, the times left out: those of arrival depend on the order in which threads came to it.
_SAID = (
    "cityHash64(toString(tenant), {stream}, toString(level), severity_number, toString(severity_text), body, "
    "trace_id, span_id, toString(attributes))"
)
_HELD = (
    f"SELECT {_DAY} AS day, toString(retention) AS class, {_SAID.format(stream='stream')} AS said "
    "FROM logs WHERE batch = {batch:UInt64}"
)
_NOT_HELD = f"({_DAY}, retention) NOT IN {{held:Array(Tuple(String, String))}}"
_STAGED = "SELECT count() AS n, countIf(level = '') AS undecided FROM stage"
_ROWS_OF_BATCH = "SELECT count() AS n FROM logs WHERE batch = {batch:UInt64}"

# There is one table for all writers.
_REHEARSING = threading.Lock()

Told = TypeVar("Told")

# Days that one statement inserts at most: each is a part, and all parts of a statement are in memory at
# once, 70 kB each (measured with 5,000 of them).
_DAYS = 200
Ints = np.ndarray[Any, np.dtype[np.uint64]]

_STREAM_ROWS = "tenant String, day UInt16, stream UInt64, label_set String"


@dataclass(frozen=True, slots=True)
class Written:
    """What one batch came to: rows parsed, and rows inserted now (fewer after a recovery)."""

    rows: int
    inserted: int


class LogWriter:
    """Owns its engine connection and the stage in it; use from one thread at a time.

    Several writers may work side by side, each on batches of its own. `finish` is the SELECT over
    `stage` that yields the columns of `logs` but for stream (made of its `labels`), batch and
    retention, `times` one that yields tenant, timestamp and labels alone, `decided` the same as `finish` of
    stages that hold all levels. A stream whose label
    `retention_class` names one of `retention_classes` is kept under that class. `pace` is told of batches.
    """

    def __init__(
        self,
        engine: Engine,
        finish: str,
        *,
        times: str = "",
        decided: str = "",
        retention_classes: Sequence[str] = (),
        check: Callable[[], None] = lambda: None,
        pace: Pace | None = None,
    ) -> None:
        """`check` raises EngineUnavailable where nothing may be inserted now: `prologue.store.room`."""
        self._engine = engine
        self._check = check
        self._pace = pace
        engine.command(CREATE_STAGE)
        self._finish = finish
        self._times = times or finish
        self._classes = list(retention_classes)
        self._rows: Rows | None = None
        # Without classes of retention no label is looked at for one.
        classed = f"if(has({{classes:Array(String)}}, {_CLASS}), {_CLASS}, 'default')"
        self._retention = classed if self._classes else "'default'"
        values = f"{_LOGS_VALUES}, {self._retention} AS retention"
        insert = f"INSERT INTO logs ({_LOGS_COLUMNS}) SELECT {values} FROM "
        self._insert, self._insert_decided = f"{insert}({finish})", f"{insert}({decided or finish})"
        self._decided = False
        self._staged: int | None = None  # rows that `commit` is to insert, None where it has to count them
        self._known = KnownStreams()
        self._unwritten = Unwritten(engine)

    def parse(self, stages: Sequence[Stage]) -> int:
        """Fill the stage with the batch; the number of rows.

        Raises EngineError where the engine cannot read a source or counts other rows than the
        stage promised; nothing durable was touched.
        """
        self._engine.command("TRUNCATE TABLE stage")
        self._rows, self._staged = None, None
        total = undecided = 0
        for stage in stages:
            self._engine.insert_select(
                f"stage ({stage.columns})", stage.select, stage.source, stage.parameters, _PARSING
            )
            found = self._engine.arrow(_STAGED)
            rows, undecided = int(found["n"][0].as_py()) - total, int(found["undecided"][0].as_py())
            if stage.rows is not None and rows != stage.rows:
                raise EngineError(f"the engine parsed {rows} rows of a source that holds {stage.rows}")
            total += rows
        self._decided, self._staged = undecided == 0, total
        return total

    def load(self, select: str, parameters: Parameters) -> None:
        """Fill the stage from what is stored: `select` yields STAGE_COLUMNS in order."""
        self._engine.command("TRUNCATE TABLE stage")
        self._rows, self._decided, self._staged = None, False, None
        self._engine.command(f"INSERT INTO stage ({STAGE_COLUMNS}) {select}", parameters, _PARSING)

    def transform(self, change: Callable[[Engine], tuple[Rows | None, Told]]) -> Told:
        """Let `change` decide what is inserted instead of the stage; None: the stage as it is.

        It runs on the writer's connection, where the stage and its own temporary tables are, and must come
        to the same rows each time it is given the same stage.
        """
        self._rows, told = change(self._engine)
        if self._rows is not None:
            self._decided, self._staged = False, None
        return told

    def rehearse(self) -> None:
        """Insert the staged rows into an empty copy of `logs`, which is then dropped.

        Raises what `commit` would raise for these rows, with nothing of them stored.
        """
        with _REHEARSING:
            self._engine.command("CREATE OR REPLACE TABLE rehearsal AS logs")
            try:
                insert = self._over(self._insert).replace("INTO logs", "INTO rehearsal", 1)
                self._engine.command(insert, self._bound(0), _ONE_BLOCK)
            finally:
                self._engine.command("DROP TABLE rehearsal SYNC")

    def commit(self, batch: int, *, recover: bool, complete: bool = True) -> Written:
        """Make the staged rows durable under `batch`; see the module on `recover`. `complete` says that
        no payload of the batch was lost to a damaged disk since it came."""
        rows = self._staged
        if rows is None:
            rows = self._count(self._over("SELECT count() AS n FROM stage"), bound=self._derived())
        if rows == 0 and not recover:
            return Written(0, 0)
        self._check()
        if recover:
            self._unwritten.found()  # what is broken could not be asked for the batch
        days = self._register_streams()
        leave_out: tuple[recovery.Partition, ...] = ()
        if recover:
            todo = self._plan(batch, complete=complete)
            if todo.complete:
                return Written(rows, 0)
            leave_out = todo.leave_out
        held = self._count(_ROWS_OF_BATCH, batch) if leave_out else 0
        pace = NONE if self._pace is None else self._pace.inserting(rows)
        self._store(batch, days, leave_out, {**_ONE_BLOCK, **pace})
        self._require_written()
        stored = self._count(_ROWS_OF_BATCH, batch) if leave_out else rows
        return Written(rows, stored - held)

    def _store(
        self, batch: int, days: Ints, leave_out: Sequence[recovery.Partition], settings: Settings
    ) -> None:
        """Insert the staged rows, but for partitions to leave out, at most `_DAYS` days in a statement."""
        parameters = {**self._bound(batch), "held": list(leave_out)}
        for start in range(0, len(days), _DAYS):
            some = days[start : start + _DAYS]
            conditions = [_NOT_HELD] if leave_out else []
            if len(days) > _DAYS:
                conditions.append(f"toDate(timestamp) BETWEEN toDate({some[0]}) AND toDate({some[-1]})")
            where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
            insert = self._insert_decided if self._decided else self._insert
            self._engine.command(self._over(insert + where), parameters, settings)

    def _require_written(self) -> None:
        """Raises EngineUnavailable where an insert may have succeeded in name only."""
        if self._unwritten.found():
            raise EngineUnavailable(
                "the disk of the store did not take a write while lines were stored",
                cure="free some space in the data directory",
            )

    def _plan(self, batch: int, *, complete: bool) -> recovery.Plan:
        """What is to be done about a batch that may be in the store, once what must go first is gone."""
        held = self._by_partition(_HELD, {"batch": batch})
        staged = self._by_partition(
            self._over(
                f"SELECT {_DAY} AS day, {self._retention} AS class, {_SAID.format(stream=_STREAM)} AS said "
                f"FROM ({self._finish})"
            ),
            {**({"classes": self._classes} if self._classes else {}), **self._derived()},
        )
        came = self._count("SELECT count() AS n FROM stage")
        todo = recovery.plan(held, staged, came=came, complete=complete)
        if todo.delete:
            logger.warning(
                "batch %d is in the store, perhaps in part, and what decides how its lines are stored was "
                "changed since: its %d lines there are deleted and the batch is inserted again",
                batch,
                sum(share.rows for share in held.values()),
            )
            self._delete(batch)
        return todo

    def _by_partition(self, select: str, parameters: Parameters) -> dict[recovery.Partition, recovery.Share]:
        table = self._engine.arrow(
            f"SELECT day, class, count() AS n, sum(said) AS digest FROM ({select}) GROUP BY day, class",
            parameters,
        )
        shares = table.to_pylist()
        return {(row["day"], row["class"]): recovery.Share(row["n"], row["digest"]) for row in shares}

    def _delete(self, batch: int) -> None:
        ids = self._engine.arrow(
            "SELECT DISTINCT _partition_id AS id FROM logs WHERE batch = {batch:UInt64}", {"batch": batch}
        )
        for partition in ids["id"].to_pylist():
            self._engine.command(
                "ALTER TABLE logs DELETE IN PARTITION ID {id:String} WHERE batch = {batch:UInt64}",
                {"id": partition, "batch": batch},
                {"mutations_sync": 1},
            )

    def _bound(self, batch: int) -> dict[str, object]:
        return {"batch": batch, "classes": self._classes, **self._derived()}

    def _over(self, sql: str) -> str:
        return sql if self._rows is None else self._rows.instead_of_stage(sql)

    def _derived(self) -> Mapping[str, object]:
        return {} if self._rows is None else self._rows.parameters

    def clear(self) -> None:
        """Give the batch's memory back."""
        self._engine.command("TRUNCATE TABLE stage")
        for table in self._rows.tables if self._rows is not None else ():
            self._engine.command(f"DROP TEMPORARY TABLE IF EXISTS {table}")
        self._rows, self._staged = None, None

    def rest(self) -> None:
        """Nothing is coming for a while; between batches only."""
        if self._pace is not None:
            self._pace.settle()
        self._engine.rest()

    def _register_streams(self) -> Ints:
        """Name the streams of the batch that this writer has not named yet, for each day they are on.

        Answers the days, each once, in order, as the engine counts them.
        """
        found = self._engine.arrow(
            self._over(
                f"SELECT toString(tenant) AS tenant, toUInt32(arrayJoin(days)) AS day, {_STREAM} AS stream, "
                "toString(labels) AS label_set "
                "FROM (SELECT tenant, labels, groupUniqArray(toDate(timestamp)) AS days "
                f"FROM ({self._times}) GROUP BY tenant, labels)"
            ),
            self._derived(),
        )
        days = found["day"].to_numpy().astype(np.uint64)
        keys = KnownStreams.keys(found["stream"].to_numpy(), days)
        missing = self._known.missing(keys)
        if not missing.any():
            return np.unique(days)
        self._engine.insert_select(
            "streams (tenant, day, stream, labels)",
            "SELECT tenant, toDate(day) AS day, stream, "
            "JSONExtract(label_set, 'Map(LowCardinality(String), String)') FROM {source}",
            Source("ArrowStream", _STREAM_ROWS, arrow_pieces(found.filter(pa.array(missing)))),
            settings={"max_partitions_per_insert_block": 0},
        )
        self._require_written()
        self._known.add(keys[missing])
        return np.unique(days)

    def _count(self, sql: str, batch: int | None = None, bound: Mapping[str, object] = NONE) -> int:
        parameters = bound if batch is None else {"batch": batch}
        return int(self._engine.arrow(sql, parameters)["n"][0].as_py())
