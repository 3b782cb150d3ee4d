"""YAML to pipelines: a file or text is taken as a whole or refused as a whole, with place and cure.

A file holds one pipeline, a list of pipelines, or a map with the list under `pipelines`.

Next chapter: `prologue.parse.pipelines.nodes`, what comes out; `prologue.parse.pipelines.compile`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import yaml

from prologue.model.errors import ConfigError
from prologue.parse.pipelines.document import (
    Options,
    Surroundings,
    compose,
    elements,
    is_null,
    near,
    pairs,
    place_of,
    refuse,
    scalar,
)
from prologue.parse.pipelines.nodes import Match, OnError, Pipeline, PipelineSet, Step, version_of
from prologue.parse.pipelines.predicates import read_match, read_predicate
from prologue.parse.stages.catalog import STAGES

MAX_PIPELINES = 500
MAX_STAGES = 60
_NAME = re.compile(r"[a-zA-Z0-9][a-zA-Z0-9_.-]{0,63}")
_NAME_CURE = "use letters, digits, `-`, `_` and `.`, at most 64"
_KEYS = ("name", "match", "unparsed", "keep_original", "stages", "description")
_ON_ERROR: tuple[OnError, ...] = ("keep", "continue", "drop")


def read_pipelines(text: str, name: str, surroundings: Surroundings) -> list[Pipeline]:
    """The pipelines of a YAML text called `name`. Raises ConfigError."""
    node = compose(text, name)
    if node is None:
        return []
    if isinstance(node, yaml.MappingNode) and any(key.value == "pipelines" for key, _ in node.value):
        entries = {key.value: (key, value) for key, value in pairs(node, name, "the file")}
        for word, (key, _) in entries.items():
            if word != "pipelines":
                refuse(place_of(key, name), f"there is no key {word}", "only `pipelines` may stand here")
        node = entries["pipelines"][1]
        if is_null(node):
            return []
    listed = node.value if isinstance(node, yaml.SequenceNode) else [node]
    return [_pipeline(one, name, surroundings) for one in listed]


def read_file(path: Path, surroundings: Surroundings) -> list[Pipeline]:
    """The pipelines of a YAML file; files that they name are relative to its folder."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot read {path}: {error.strerror}", cure="make it a readable file of pipelines"
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} is not UTF-8: byte {error.start}", cure="save it as UTF-8") from error
    return read_pipelines(text, str(path), replace(surroundings, folder=path.parent))


def pipeline_set(pipelines: Iterable[Pipeline]) -> PipelineSet:
    """All of them in order. Raises ConfigError where two have one name, or they are too many."""
    found: dict[str, Pipeline] = {}
    for pipeline in pipelines:
        if pipeline.name in found:
            first = found[pipeline.name].place
            refuse(pipeline.place, f"there is a pipeline {pipeline.name} already, at {first}", "rename one")
        found[pipeline.name] = pipeline
        if len(found) > MAX_PIPELINES:
            refuse(pipeline.place, f"more than {MAX_PIPELINES} pipelines", "merge some of them")
    return PipelineSet(tuple(found.values()))


def _pipeline(node: yaml.Node, name: str, surroundings: Surroundings) -> Pipeline:
    keys = {}
    for key, value in pairs(node, name, "a pipeline"):
        if key.value not in _KEYS:
            refuse(place_of(key, name), f"a pipeline has no {key.value}", near(key.value, _KEYS))
        keys[key.value] = value
    options = Options("pipeline", node, name, surroundings, whole=True)
    title = options.text("name")
    if not _NAME.fullmatch(title):
        refuse(options.place("name"), f"{title!r} is no name", _NAME_CURE)
    match = Match(unparsed=options.flag("unparsed"))
    if options.has("match"):
        place = options.place("match")
        match = read_match(options.text("match"), place, unparsed=match.unparsed)
    steps = _steps(options.node_of("stages"), name, surroundings)
    if not steps:
        refuse(options.place("stages"), "the pipeline has no stages", "name at least one")
    source = _canonical(node)
    # Files that a stage has read are part of its version.
    version = version_of(source, *(str(getattr(step.node, "digest", "")) for step in steps))
    keep = options.flag("keep_original", True)
    return Pipeline(title, match, steps, place_of(node, name), version, source, keep)


def _steps(node: yaml.Node, name: str, surroundings: Surroundings) -> tuple[Step, ...]:
    listed = elements(node, name, "stages")
    if len(listed) > MAX_STAGES:
        refuse(place_of(node, name), f"more than {MAX_STAGES} stages", "split the pipeline")
    steps = tuple(_step(one, name, surroundings) for one in listed)
    for number, step in enumerate(steps):
        if STAGES[step.kind].first and number:
            refuse(step.place, f"{step.kind} comes too late", "make it the first stage of its pipeline")
    return steps


def _step(node: yaml.Node, name: str, surroundings: Surroundings) -> Step:
    settings: yaml.Node
    if isinstance(node, yaml.ScalarNode):
        kind = scalar(node, name, "a stage")
        settings = yaml.ScalarNode("tag:yaml.org,2002:null", "", node.start_mark, node.end_mark)
    else:
        found = list(pairs(node, name, "a stage"))
        if len(found) != 1:
            refuse(place_of(node, name), "a stage is one name and its options", "begin each stage with `- `")
        kind, settings = found[0][0].value, found[0][1]
    if kind not in STAGES:
        refuse(place_of(node, name), f"there is no stage {kind}", near(kind, STAGES))
    place = place_of(node, name)
    options = Options(kind, settings, name, surroundings, STAGES[kind].main)
    when = None
    if options.has("when"):
        when = read_predicate(options.text("when"), options.place("when"))
    word = options.choice("on_error", _ON_ERROR, "keep")
    on_error = next(one for one in _ON_ERROR if one == word)
    read = STAGES[kind].read(options)
    options.done()
    return Step(kind, read, place, when, on_error)


def _canonical(node: yaml.Node) -> str:
    """What the YAML says, whatever its layout and comments."""
    if isinstance(node, yaml.ScalarNode):
        return repr(node.value)
    if isinstance(node, yaml.SequenceNode):
        return f"[{','.join(map(_canonical, node.value))}]"
    return f"{{{','.join(f'{_canonical(k)}:{_canonical(v)}' for k, v in node.value)}}}"
