"""The configuration file: YAML nodes walked beside the schema, so that every error has a line.

PyYAML's composer gives nodes with marks; scalars are kept as their text and read by
`prologue.config.values`, which spares YAML 1.1's surprises (`on`, `012`, `1:30` are what they look
like). A key without a value, or a section without keys, changes nothing.

Next chapter: `prologue.config.environment`, the source that overrides the file.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import yaml

from prologue.config.entry import Entry, Origin
from prologue.config.schema import Key, Schema, nearest
from prologue.config.values import Raw
from prologue.model.errors import ConfigError
from prologue.model.yaml_syntax import syntax_cure

_NULL = "tag:yaml.org,2002:null"


def read_file(path: Path, schema: Schema) -> list[Entry]:
    """The entries of a YAML file. Raises ConfigError with file, line and column."""
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(
            f"cannot read the configuration file {path}: {error.strerror}",
            cure="name an existing, readable file after --config",
        ) from error
    except UnicodeDecodeError as error:
        raise ConfigError(
            f"{path} is not UTF-8 text: byte {error.start} is invalid", cure="save the file as UTF-8"
        ) from error
    return list(read_text(text, str(path), schema))


def read_text(text: str, name: str, schema: Schema) -> Iterator[Entry]:
    """The entries of a YAML text called `name`."""
    node = _compose(text, name)
    if node is not None and not _is_null(node):
        yield from _section(node, "", name, schema)


def read_value(key: Key, text: str, name: str) -> Raw:
    """One value written as YAML, such as `[a, b]`."""
    node = _compose(text, name)
    return "" if node is None else _raw(key, node, name)


def _compose(text: str, name: str) -> yaml.Node | None:
    try:
        return yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}:{mark.line + 1}:{mark.column + 1}" if mark else name
        raise ConfigError(
            f"{place}: not YAML: {error.problem or error.context}", cure=syntax_cure(error.problem or "")
        ) from error
    except yaml.YAMLError as error:
        raise ConfigError(
            f"{name}: not YAML: {' '.join(str(error).split())}", cure="save the file as plain UTF-8 text"
        ) from error


def _section(node: yaml.Node, prefix: str, name: str, schema: Schema) -> Iterator[Entry]:
    if not isinstance(node, yaml.MappingNode):
        what = f"{prefix.rstrip('.')} is a section" if prefix else "the file is a set of sections"
        raise ConfigError(
            f"{_place(name, node)}: {what}, not a single value",
            key=prefix.rstrip("."),
            cure="write its keys on indented lines below it, as `key: value`",
        )
    for key_node, value_node in _unique(node, name, prefix):
        path = prefix + key_node.value
        if _is_null(value_node) and (schema.is_section(path) or schema.key(path)):
            continue
        if schema.is_section(path):
            yield from _section(value_node, path + ".", name, schema)
        elif key := schema.key(path):
            yield Entry(key, _raw(key, value_node, name), Origin("file", _place(name, value_node)))
        else:
            raise _unknown(path, _place(name, key_node), schema)


def _unique(node: yaml.MappingNode, name: str, prefix: str) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    seen: dict[str, yaml.Node] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, yaml.ScalarNode):
            raise ConfigError(f"{_place(name, key_node)}: a key must be a word", cure="write `key: value`")
        if key_node.value in seen:
            first = seen[key_node.value].start_mark.line + 1
            raise ConfigError(
                f"{_place(name, key_node)}: {prefix}{key_node.value} is set twice, first in line {first}",
                key=prefix + key_node.value,
                cure="keep one of them",
            )
        seen[key_node.value] = key_node
        yield key_node, value_node


def _raw(key: Key, node: yaml.Node, name: str) -> Raw:
    if key.kind == "yaml" and not (isinstance(node, yaml.ScalarNode) and not node.value):
        return _source(node)
    if isinstance(node, yaml.SequenceNode):
        return [_scalar(key, element, name) for element in node.value]
    if isinstance(node, yaml.MappingNode):
        return {k.value: _scalar(key, v, name) for k, v in _unique(node, name, key.path + ".")}
    text = _scalar(key, node, name)
    # A list of one may be written as a plain value; a comma in it is part of the value in YAML.
    return [text] if key.kind == "list" else text


def _source(node: yaml.Node) -> str:
    """The node as it is written, at its own line and column (`YamlText`)."""
    start, end = node.start_mark, node.end_mark
    assert start.buffer is not None  # what is composed is a text, not a stream
    return "\n" * start.line + " " * start.column + start.buffer[start.index : end.index]


def _scalar(key: Key, node: yaml.Node, name: str) -> str:
    if not isinstance(node, yaml.ScalarNode) or _is_null(node):
        found = "nothing" if _is_null(node) else "a nested value"
        example = {"map": "{name: value}", "list": "[a, b]"}.get(key.kind, "value")
        raise ConfigError(
            f"{_place(name, node)}: {key.path} holds {found} here",
            key=key.path,
            cure=f"write plain values, as in `{key.path.rpartition('.')[2]}: {example}`",
        )
    return str(node.value)


def _is_null(node: yaml.Node) -> bool:
    return bool(node.tag == _NULL)


def _place(name: str, node: yaml.Node) -> str:
    return f"{name}:{node.start_mark.line + 1}:{node.start_mark.column + 1}"


def _unknown(path: str, place: str, schema: Schema) -> ConfigError:
    known = [key.path for key in schema.keys] + [section for section, _ in schema.sections]
    near = nearest(path, known) or _same_leaf(path, known)
    return ConfigError(
        f"{place}: there is no setting {path}",
        key=path,
        cure=f"did you mean {near}?" if near else "see `prologue config show` for every key",
    )


def _same_leaf(path: str, known: list[str]) -> str:
    leaf = path.rpartition(".")[2]
    return next((k for k in known if k.rpartition(".")[2] == leaf), "")
