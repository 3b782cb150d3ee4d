"""Pipelines as frozen data: what YAML said, checked, and nothing of how it runs.

Next chapter: `prologue.parse.pipelines.compile`.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Literal

from prologue.logql.log_nodes import LabelFilter, LineFilter, Matcher
from prologue.parse.pipelines.document import Place

OnError = Literal["keep", "continue", "drop"]


@dataclass(frozen=True, slots=True)
class Predicate:
    """LogQL's line filters and label filters, all of which must hold; `text` is as written."""

    filters: tuple[LineFilter | LabelFilter, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Match:
    """Which lines a pipeline takes: matchers on stream labels, then filters on the line."""

    matchers: tuple[Matcher, ...] = ()
    filters: tuple[LineFilter | LabelFilter, ...] = ()
    unparsed: bool = False
    text: str = "{}"


@dataclass(frozen=True, slots=True)
class Step:
    """One stage in its place. `node` is the stage's own data, of the catalog's entry `kind`."""

    kind: str
    node: object
    place: Place
    when: Predicate | None = None
    on_error: OnError = "keep"


@dataclass(frozen=True, slots=True)
class Pipeline:
    """`version` names this text of the pipeline: it changes with any setting of it, and nothing else.

    `keep_original`: a line whose body a stage replaces keeps what it was in the attribute
    `original_body`. `adds_only`: attributes and identifiers of traces that a line came with stay, whatever
    the stages find or remove.
    """

    name: str
    match: Match
    steps: tuple[Step, ...]
    place: Place
    version: str
    source: str
    keep_original: bool = True
    adds_only: bool = False

    @property
    def stamp(self) -> str:
        """What a line says of who parsed it, in the attribute `parsed_by`."""
        return f"{self.name}@{self.version}"


@dataclass(frozen=True, slots=True)
class PipelineSet:
    """All pipelines in force, in order: a line goes through each one that matches it."""

    pipelines: tuple[Pipeline, ...] = ()

    @property
    def version(self) -> str:
        return version_of(*(pipeline.stamp for pipeline in self.pipelines)) if self.pipelines else ""


def version_of(*texts: str) -> str:
    """A short name for these texts."""
    digest = hashlib.sha256()
    for text in texts:
        digest.update(str(len(text)).encode() + b":" + text.encode("utf-8", "surrogatepass"))
    return digest.hexdigest()[:8]
