"""Custom parsers as the settings name them: first those written in the configuration, then the files.

Next chapter: `prologue.pipeline.control`, which puts them in force.
"""

from __future__ import annotations

import glob
from collections.abc import Mapping
from pathlib import Path

from prologue.config.load import Loaded
from prologue.config.sections.parsers import Parsers
from prologue.config.settings import Settings
from prologue.model.errors import ConfigError
from prologue.parse.pipelines.document import Surroundings, near, refuse
from prologue.parse.pipelines.nodes import Pipeline, PipelineSet
from prologue.parse.pipelines.read import pipeline_set, read_file, read_pipelines
from prologue.parse.ready.catalog import formats
from prologue.parse.stages.route import Route
from prologue.pipeline.formats import FormatMemory, ReadyPipelines

_LEAST_KEY = 16


def of(loaded: Loaded) -> PipelineSet:
    """The pipelines of settings that were loaded; errors name the file that holds them."""
    place = loaded.origins["parsers.pipelines"].place
    return read(loaded.settings, place.rsplit(":", 2)[0] if ":" in place else place)


def read(settings: Settings, name: str = "parsers.pipelines") -> PipelineSet:
    """All pipelines in order. Raises ConfigError: one that is wrong refuses them all."""
    chosen = settings.parsers
    if chosen.hash_key and len(chosen.hash_key) < _LEAST_KEY:
        raise ConfigError(
            f"parsers.hash_key has {len(chosen.hash_key)} characters",
            key="parsers.hash_key",
            cure=f"use at least {_LEAST_KEY}, such as the output of `openssl rand -hex 16`",
        )
    surroundings = Surroundings(Path(name).parent, chosen.hash_key, chosen.allow_python)
    found: list[Pipeline] = read_pipelines(chosen.pipelines, name, surroundings)
    for path in _files(chosen):
        found += read_file(path, surroundings)
    for pipeline in found:
        _require_classes(pipeline, settings.store.retention)
    return pipeline_set(found)


def _require_classes(pipeline: Pipeline, classes: Mapping[str, int]) -> None:
    """A class that nobody set would be kept as long as any line: too short for what must be kept, and in
    silence. Raises ConfigError."""
    for step in pipeline.steps:
        if isinstance(step.node, Route) and step.node.retention not in ("", *classes):
            name = step.node.retention
            known = f" beside {', '.join(classes)}" if classes else ""
            cure = f"correct the name, or write `store: {{retention: {{{name}: DAYS}}}}`{known}"
            refuse(step.place, f"route: store.retention has no class {name}", cure)


def _files(chosen: Parsers) -> list[Path]:
    files: dict[Path, None] = {}
    for pattern in chosen.include:
        names = sorted(glob.glob(str(Path(pattern).expanduser()), recursive=True))  # noqa: PTH207 - absolute globs
        if not names and not glob.has_magic(pattern):
            raise ConfigError(
                f"parsers.include names {pattern}, which does not exist",
                key="parsers.include",
                cure="correct the path, or write a glob such as parsers/*.yaml",
            )
        files |= dict.fromkeys(Path(name) for name in names if Path(name).is_file())
    return list(files)


def ready(settings: Settings) -> ReadyPipelines | None:
    """The ready-made pipelines that the settings allow, None where they are off. Raises ConfigError."""
    if not settings.parsers.ready:
        return None
    for name in settings.parsers.ready_exclude:
        if name not in formats():
            raise ConfigError(
                f"parsers.ready_exclude names {name}, which is no format",
                key="parsers.ready_exclude",
                cure=near(name, formats()),
            )
    return ReadyPipelines(FormatMemory(settings.data_dir / "formats"), settings.parsers.ready_exclude)
