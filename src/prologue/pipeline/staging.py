"""A job of the parsers as a stage of the store: `parse` and `store` do not know each other."""

from __future__ import annotations

from prologue.parse.job import ParseJob
from prologue.store.engine import Source
from prologue.store.stage import Stage


def staged(job: ParseJob) -> Stage:
    """The rows that the job reads."""
    source = Source(job.format, job.structure, job.data)
    return Stage(source, job.select, job.parameters, job.rows, job.levels)
