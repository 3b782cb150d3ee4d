"""YAML with positions: every value knows its file, line and column, for errors that point at it.

Scalars are kept as their text (`prologue.config.yaml_file` says why): `012`, `on` and `1:30` are what they
look like.

Next chapter: `prologue.parse.pipelines.read`.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import NoReturn

import yaml

from prologue.logql.units import DURATION, parse_duration
from prologue.model.errors import ConfigError, Position
from prologue.model.yaml_syntax import syntax_cure

_NULL = "tag:yaml.org,2002:null"
_TRUE = ("true", "yes", "on")
_FALSE = ("false", "no", "off")
_MOST_NODES = 100_000


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: file, line and column, counted from 1; `offset` counts characters from 0."""

    name: str
    line: int
    column: int
    offset: int = 0

    def __str__(self) -> str:
        return f"{self.name}:{self.line}:{self.column}"


def place_of(node: yaml.Node, name: str) -> Place:
    mark = node.start_mark
    return Place(name, mark.line + 1, mark.column + 1, mark.index)


def refuse(place: Place, message: str, cure: str) -> NoReturn:
    position = Position(place.line, place.column, place.offset)
    raise ConfigError(f"{place}: {message}", cure=cure, position=position)


def compose(text: str, name: str) -> yaml.Node | None:
    """The text's one document. Raises ConfigError with the place where it is not YAML."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
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
    except RecursionError:
        raise ConfigError(f"{name}: nested too deeply", cure="write pipelines as a flat list") from None
    if node is not None:
        _bounded(node, name)
    return None if node is None or is_null(node) else node


def _bounded(node: yaml.Node, name: str) -> None:
    """Aliases may make a small text a huge tree; each node is counted each time it is reached."""
    waiting, seen = [node], 0
    while waiting:
        seen += 1
        if seen > _MOST_NODES:
            refuse(place_of(node, name), f"more than {_MOST_NODES} values", "use fewer, or fewer aliases")
        found = waiting.pop()
        if isinstance(found, yaml.SequenceNode):
            waiting.extend(found.value)
        elif isinstance(found, yaml.MappingNode):
            waiting.extend(part for pair in found.value for part in pair)


def is_null(node: yaml.Node) -> bool:
    return bool(node.tag == _NULL)


def scalar(node: yaml.Node, name: str, what: str) -> str:
    if not isinstance(node, yaml.ScalarNode):
        refuse(place_of(node, name), f"{what} takes one value, not a list or a map", f"write `{what}: value`")
    return _text(node, name)


def _text(node: yaml.ScalarNode, name: str) -> str:
    """Refuses halves of characters, which YAML's escapes can write and no text can hold."""
    text = str(node.value)
    if any("\ud800" <= character <= "\udfff" for character in text):
        cure = "write the character itself, or `\\U` and eight hexadecimal digits"
        refuse(place_of(node, name), "the text holds half of a surrogate pair", cure)
    return text


def pairs(node: yaml.Node, name: str, what: str) -> Iterator[tuple[yaml.ScalarNode, yaml.Node]]:
    """The entries of a map, each key once."""
    if not isinstance(node, yaml.MappingNode):
        refuse(place_of(node, name), f"{what} is a map of names to values", f"write `{what}: {{a: b}}`")
    seen: set[str] = set()
    for key, value in node.value:
        if not isinstance(key, yaml.ScalarNode):
            refuse(place_of(key, name), "a key must be a word", "write `key: value`")
        if _text(key, name) in seen:
            refuse(place_of(key, name), f"{key.value} is set twice", "keep one of them")
        seen.add(key.value)
        yield key, value


def elements(node: yaml.Node, name: str, what: str) -> list[yaml.Node]:
    """The elements of a list; a single value is a list of one."""
    if isinstance(node, yaml.SequenceNode):
        return list(node.value)
    if isinstance(node, yaml.ScalarNode):
        return [node]
    refuse(place_of(node, name), f"{what} takes a list", f"write `{what}: [a, b]`")


def near(word: str, known: Iterable[str]) -> str:
    """A hint at the known word most like `word`, or at all of them."""
    known = list(known)
    found = difflib.get_close_matches(word, known, n=1, cutoff=0.6)
    return f"did you mean {found[0]}?" if found else f"use one of {', '.join(known)}"


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What a pipeline may use of the machine it runs on.

    `folder` is where relative files of it are looked for; without one, a pipeline may name no file (what
    comes over the API is not the operator's word). `hash_key` is the secret of `redact: hash`;
    `allow_python` opts in to the `python` stage.
    """

    folder: Path | None = None
    hash_key: str = ""
    allow_python: bool = False


@dataclass(slots=True)
class Options:
    """A stage's options as they are taken one by one; `done` refuses what nobody took.

    `main` is the option that a bare value or list stands for: `grok: '%{X}'` is `grok: {pattern: ...}`.
    `whole`: they are the pipeline's own keys, which stand under no name.
    """

    stage: str
    node: yaml.Node
    name: str
    surroundings: Surroundings
    main: str = ""
    whole: bool = False
    _values: dict[str, yaml.Node] = field(default_factory=dict)
    _taken: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        if is_null(self.node):
            return
        if isinstance(self.node, yaml.MappingNode) and not self._is_main_map():
            self._values = {key.value: value for key, value in pairs(self.node, self.name, self.stage)}
        elif self.main:
            self._values = {self.main.removeprefix("*"): self.node}
        else:
            refuse(
                self.place(), f"{self.stage} takes options by name", f"write `{self.stage}: {{key: value}}`"
            )

    def _is_main_map(self) -> bool:
        """A main option that is a map itself (`*renames`) is given whole, unless it is named."""
        if not self.main.startswith("*"):
            return False
        keys = {key.value for key, _ in self.node.value if isinstance(key, yaml.ScalarNode)}
        return self.main[1:] not in keys

    def place(self, option: str = "") -> Place:
        return place_of(self._values.get(option, self.node), self.name)

    def has(self, option: str) -> bool:
        self._taken.add(option)
        return option in self._values and not is_null(self._values[option])

    def refuse(self, option: str, message: str, cure: str) -> NoReturn:
        refuse(self.place(option), f"{self.stage}: {message}", cure)

    def node_of(self, option: str) -> yaml.Node:
        if not self.has(option):
            untaken = [name for name in self._values if name not in self._taken]
            # Where the word is there with a slip of the finger, that is what has to be mended.
            for meant in difflib.get_close_matches(option, untaken, n=1, cutoff=0.75):
                self.refuse(meant, f"there is no option {meant}", f"did you mean {option}?")
            self.refuse("", f"{option} is missing", f"write {self._example(option)}")
        return self._values[option]

    def _example(self, option: str) -> str:
        return f"`{option}: ...`" if self.whole else f"`{self.stage}: {{{option}: ...}}`"

    def text(self, option: str, default: str | None = None) -> str:
        """One text; without a default it must be there and not be empty."""
        if not self.has(option) and default is not None:
            return default
        found = scalar(self.node_of(option), self.name, option)
        if default is None and not found:
            self.refuse(option, f"{option} is empty", "give it a value")
        return found

    def texts(self, option: str, default: tuple[str, ...] | None = None) -> tuple[str, ...]:
        """A list of texts, or one text."""
        if not self.has(option) and default is not None:
            return default
        found = elements(self.node_of(option), self.name, option)
        if not found and default is None:
            self.refuse(option, f"{option} is empty", "name at least one")
        return tuple(scalar(node, self.name, option) for node in found)

    def mapping(self, option: str, default: dict[str, str] | None = None) -> dict[str, str]:
        """Texts by name, in order."""
        if not self.has(option) and default is not None:
            return default
        node = self.node_of(option)
        return {k.value: scalar(v, self.name, k.value) for k, v in pairs(node, self.name, option)}

    def flag(self, option: str, default: bool = False) -> bool:
        if not self.has(option):
            return default
        word = self.text(option).lower()
        if word not in _TRUE + _FALSE:
            self.refuse(option, f"{option}: {word!r} is neither true nor false", "write true or false")
        return word in _TRUE

    def integer(self, option: str, default: int | None = None, *, least: int = 0, most: int = 2**31) -> int:
        if not self.has(option) and default is not None:
            return default
        text = self.text(option)
        try:
            value = int(text)
        except ValueError:
            self.refuse(option, f"{option}: {text!r} is not a whole number", "write it like 100")
        if not least <= value <= most:
            self.refuse(option, f"{option} is {value}", f"use a number from {least} to {most}")
        return value

    def number(self, option: str, default: float | None = None, *, least: float, most: float) -> float:
        if not self.has(option) and default is not None:
            return default
        text = self.text(option)
        try:
            value = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
        except ValueError:
            self.refuse(option, f"{option}: {text!r} is not a number", "write it like 0.1 or 10%")
        if not least <= value <= most:
            self.refuse(option, f"{option} is {text}", f"use a number from {least:g} to {most:g}")
        return value

    def duration(self, option: str, default: int) -> int:
        """ns."""
        if not self.has(option):
            return default
        text = self.text(option)
        if not DURATION.fullmatch(text):
            self.refuse(option, f"{option}: {text!r} is not a duration", "write it like 500ms, 10s or 1h")
        return parse_duration(text)

    def choice(self, option: str, choices: tuple[str, ...], default: str | None = None) -> str:
        word = self.text(option, default)
        if word not in choices:
            self.refuse(option, f"{option}: there is no {word!r}", near(word, choices))
        return word

    def file(self, option: str) -> Path:
        """A readable file, by a path that is absolute or relative to the pipeline's own file."""
        text, folder = self.text(option), self.surroundings.folder
        if folder is None:
            self.refuse(
                option, "files cannot be named here", "put the pipeline into the configuration of the server"
            )
        path = (folder / text).expanduser()
        if not path.is_file():
            self.refuse(option, f"there is no file {path}", "name an existing file, relative to this one")
        try:
            path.open("rb").close()
        except OSError as error:
            self.refuse(option, f"cannot read {path}: {error.strerror}", "make it readable")
        return path

    def done(self) -> None:
        """Refuse the first option that the stage does not have."""
        for option in self._values:
            if option not in self._taken:
                self.refuse(option, f"there is no option {option}", near(option, sorted(self._taken)))
