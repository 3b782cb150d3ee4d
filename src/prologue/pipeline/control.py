"""Custom parsers of a running process: read, proven, put in force, listed, tried out.

A set of pipelines is taken whole or not at all: it is read, compiled, and each pipeline is run once by the
engine; only then is it in force, for every batch that is begun afterwards. A batch that is being parsed
goes on with the pipelines it was begun with, so a reload never drops a line and never splits one.

Next chapter: `prologue.pipeline.parsing`.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from prologue.model.errors import LimitError, PrologueError
from prologue.model.payload import Payload
from prologue.parse.columns import ParseOptions
from prologue.parse.pipelines.nodes import PipelineSet
from prologue.pipeline.parsing import Parsers
from prologue.pipeline.trial import Bench, Trial
from prologue.store.engine import Engine

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Reloaded:
    """When the set in force was put there (Unix seconds), and why the last try to replace it failed."""

    since: float
    error: str = ""


class ParserControl:
    """`read` reads the pipelines where they are configured. Owns its engine; thread-safe."""

    def __init__(self, read: Callable[[], PipelineSet], engine: Engine, options: ParseOptions) -> None:
        self.in_force = Parsers()
        self._read = read
        self._bench = Bench(engine, options)
        self._lock = threading.Lock()
        self._state = Reloaded(time.time())

    @property
    def state(self) -> Reloaded:
        return self._state

    def reload(self) -> PipelineSet:
        """Read the pipelines again and put them in force. Raises ConfigError, and those in force stay."""
        with self._lock:
            try:
                pipelines = self._read()
                parsing = self._bench.check(pipelines)
            except PrologueError as error:
                self._state = Reloaded(self._state.since, error.message)
                raise
            if pipelines != self.in_force.now.pipelines:
                self.in_force.replace(parsing)
                names = ", ".join(one.stamp for one in pipelines.pipelines) or "none"
                logger.info("custom parsers in force: %s", names)
                self._state = Reloaded(time.time())
            else:
                self._state = Reloaded(self._state.since)
            return pipelines

    def reload_or_tell(self) -> None:
        """As `reload`; what is wrong is logged."""
        try:
            self.reload()
        except PrologueError as error:
            logger.error("the custom parsers stay as they were: %s; %s", error.message, error.cure)
        except Exception:  # a thread that ends is signals that nobody hears
            logger.exception("the custom parsers stay as they were")

    def prove(self, pipelines: PipelineSet) -> None:
        """Raises ConfigError where the engine refuses one of them."""
        with self._lock, _within_limits():
            self._bench.check(pipelines)

    def try_lines(self, payload: Payload, pipelines: PipelineSet | None = None) -> Trial:
        """What these pipelines, or those in force, make of the lines; nothing is stored."""
        with self._lock, _within_limits():
            parsing = self.in_force.now if pipelines is None else self._bench.check(pipelines)
            return self._bench.try_lines(parsing, payload)


@contextmanager
def _within_limits() -> Iterator[None]:
    try:
        yield
    except LimitError as error:
        raise LimitError(
            "the pipelines take more memory or time than a trial may",
            cure="try fewer lines or stages; `prologue parse test` has no limit",
        ) from error
