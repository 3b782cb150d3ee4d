"""Stored lines parsed again by new pipelines: `prologue parse rerun`. One thread, one request at a time.

1. The request is in the journal (`prologue.store.reruns`) before anything else happens.
2. Windows of the time range are read, parsed and written as batch 0, which no live tail shows again and no
   recovery asks for; every new line has the request's id in the attribute `rerun`.
3. Once all of them are stored the journal says so, and the lines they replace are deleted: those that the
   query matches, of batches that were stored when the request came, without this id.

> **Guarantee.** A line is never lost: what is replaced is deleted only after what replaces it is durable. A
> crash in step 2 undoes what was written and begins again; one in step 3 goes on deleting. Until the request
> is `processed` a query may see both the old and the new line.

Nothing is begun while segments of an earlier process are not stored: their batches may be older than a
request, and lines that are stored after step 2 has read their window would be deleted unread in step 3.

A line's text is what was kept of it (`original_body`); what earlier pipelines said of themselves goes,
attributes that they found stay unless the new ones say otherwise.

Next chapter: `prologue.pipeline.parsing`, which parses.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator, Mapping

from prologue.model.errors import PrologueError, UserError
from prologue.parse.pipelines.document import Surroundings
from prologue.parse.pipelines.read import pipeline_set, read_pipelines
from prologue.parse.pipelines.rows import DETAILS, ERROR, ORIGINAL, PARSED_BY
from prologue.pipeline.isolate import told
from prologue.pipeline.parsing import Parsing, Tally
from prologue.query.deletion import matching_condition
from prologue.store.engine import Engine
from prologue.store.reruns import Rerun, Reruns, RerunStatus
from prologue.store.stage import STAGE_COLUMNS, Rows
from prologue.store.writer import LogWriter

logger = logging.getLogger(__name__)

MARK = "rerun"
_BATCH = 0
_MOST_LINES = 500_000
_SECOND = 10**9
_SYNC = {"mutations_sync": 1}
_CLEARED = f"['{ERROR}', '{DETAILS}', '{ORIGINAL}', '{PARSED_BY}', '{MARK}']"
_LABELS = (
    "concat('{', arrayStringConcat(arrayMap(p -> concat(toJSONString(p.1), ':', toJSONString(p.2)), "
    "arraySort(CAST(CAST(any(labels), 'Map(String, String)'), 'Array(Tuple(String, String))'))), ','), '}')"
)
_CONDITION = "<condition>"
_STORED = f"""
SELECT tenant, timestamp AS sent, observed, label_set AS labels, severity_number, severity_text,
    if(l.attributes['{ORIGINAL}'] != '', l.attributes['{ORIGINAL}'], l.body) AS body, trace_id, span_id,
    mapFilter((k, v) -> k NOT IN {_CLEARED}, l.attributes) AS attributes
FROM (SELECT * FROM logs WHERE {_CONDITION}) AS l ANY LEFT JOIN (
    SELECT stream, {_LABELS} AS label_set FROM streams WHERE tenant = {{tenant:String}} GROUP BY stream
) AS s USING (stream)"""


class Rerunner:
    """Carries out requests. `writer` is of its own, with the stage in it; `engine` is for deletions."""

    def __init__(
        self,
        engine: Engine,
        writer: LogWriter,
        reruns: Reruns,
        *,
        interval: float = 1.0,
        replayed: Callable[[], bool] = lambda: True,
    ) -> None:
        """`replayed`: whether all that an earlier process had acknowledged is stored."""
        self._engine = engine
        self._writer = writer
        self._reruns = reruns
        self._interval = interval
        self._replayed = replayed
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="rerunner", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, timeout: float) -> None:
        """End soon; what is not carried out then is at the next start."""
        self._stopping.set()
        if self._thread.ident is not None:
            self._thread.join(timeout)

    def once(self) -> int:
        """Carry out what is open; how many requests that were. One that fails does not hold up the others;
        what the first of them raised is raised at the end."""
        if not self._replayed():
            return 0
        waiting = self._reruns.open()
        trouble: PrologueError | None = None
        for rerun in waiting:
            if self._stopping.is_set():
                break
            try:
                self._carry_out(rerun)
            except UserError as error:
                self._undo(rerun)
                self._reruns.advance(rerun, RerunStatus.FAILED, message=error.message)
            except PrologueError as error:
                trouble = trouble or error
        if trouble is not None:
            raise trouble
        return len(waiting)

    def _carry_out(self, rerun: Rerun) -> None:
        if rerun.status is RerunStatus.RUNNING:
            pipelines = pipeline_set(read_pipelines(rerun.pipelines, "pipelines", Surroundings()))
            self._undo(rerun)
            lines = sum(self._rewrite(rerun, Parsing(pipelines), window) for window in self._windows(rerun))
            rerun = self._reruns.advance(rerun, RerunStatus.DELETING, lines=lines)
        condition, parameters = self._condition(rerun)
        self._engine.command(f"ALTER TABLE logs DELETE WHERE {condition}", parameters, _SYNC)
        self._reruns.advance(rerun, RerunStatus.PROCESSED)
        logger.info("lines were parsed again (%s of tenant %s): %d", rerun.id, rerun.tenant, rerun.lines)

    def _undo(self, rerun: Rerun) -> None:
        """Take back what an interrupted try has written."""
        mine = f"batch = {_BATCH} AND attributes['{MARK}'] = {{id:String}}"
        count = self._engine.arrow(f"SELECT count() AS n FROM logs WHERE {mine}", {"id": rerun.id})
        if count["n"][0].as_py():
            self._engine.command(f"ALTER TABLE logs DELETE WHERE {mine}", {"id": rerun.id}, _SYNC)

    def _condition(
        self, rerun: Rerun, window: tuple[int, int] | None = None
    ) -> tuple[str, Mapping[str, object]]:
        """Which stored lines are replaced, in the whole range or a window of it."""
        first, last = window or (rerun.first, rerun.last)
        found = matching_condition(rerun.query, rerun.tenant, first, last)
        upto = f"batch <= {{upto:UInt64}} AND attributes['{MARK}'] != {{id:String}}"
        return f"({found.sql}) AND {upto}", {**found.parameters, "upto": rerun.upto, "id": rerun.id}

    def _windows(self, rerun: Rerun) -> Iterator[tuple[int, int]]:
        """Parts of the range with lines in them, none of them too large for memory where time can tell."""
        waiting = [(rerun.first, rerun.last)]
        while waiting:
            first, last = waiting.pop()
            condition, parameters = self._condition(rerun, (first, last))
            sql = (
                "SELECT count() AS n, toUnixTimestamp64Nano(min(timestamp)) AS first, "
                f"toUnixTimestamp64Nano(max(timestamp)) AS last FROM logs WHERE {condition}"
            )
            (row,) = self._engine.arrow(sql, parameters).to_pylist()
            if row["n"] == 0:
                continue
            if row["n"] <= _MOST_LINES or row["last"] - row["first"] < _SECOND:
                yield row["first"], row["last"]
                continue
            middle = (row["first"] + row["last"]) // 2
            waiting += [(middle + 1, row["last"]), (row["first"], middle)]

    def _rewrite(self, rerun: Rerun, parsing: Parsing, window: tuple[int, int]) -> int:
        condition, parameters = self._condition(rerun, window)
        select = _STORED.replace(_CONDITION, condition)
        self._writer.load(select, {**parameters, "tenant": rerun.tenant})

        def parsed(engine: Engine) -> tuple[Rows, list[Tally]]:
            rows, tallies = parsing.apply(engine)
            inner, bound = (rows.sql, rows.parameters) if rows else (f"SELECT {STAGE_COLUMNS} FROM stage", {})
            mark = f"CAST(map('{MARK}', {{rerun:String}}), 'Map(LowCardinality(String), String)')"
            columns = f"* EXCEPT attributes, mapUpdate(attributes, {mark}) AS attributes"
            return Rows(
                f"SELECT {columns} FROM ({inner})",
                {**bound, "rerun": rerun.id},
                rows.tables if rows else (),
            ), tallies

        try:
            self._writer.transform(parsed)
            return self._writer.commit(_BATCH, recover=False).inserted
        finally:
            self._writer.clear()

    def _run(self) -> None:
        pause = self._interval
        while not self._stopping.wait(pause):
            try:
                self.once()
                pause = self._interval
            except Exception as error:  # a thread that ends is requests that wait for ever in silence
                expected = isinstance(error, PrologueError)
                logger.error(
                    "stored lines could not be parsed again, next try later: %s",
                    told(error),
                    exc_info=None if expected else error,
                )
                pause = min(2 * pause, 60.0)
