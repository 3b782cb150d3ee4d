"""Defaults, then the file, then the environment, then flags: the last one that speaks wins.

A value that a later source overrides is still checked: a broken file is reported even when the
environment hides its breakage.

Next chapter: `prologue.app`, which starts the roles from the settings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from prologue.config.entry import Entry, Origin
from prologue.config.environment import CONFIG, read_environment, variable
from prologue.config.schema import Schema, schema_of
from prologue.config.section import Section
from prologue.config.settings import Settings
from prologue.config.values import parse_value, show_value
from prologue.config.yaml_file import read_file
from prologue.model.errors import ConfigError

FLAGS: Mapping[str, str] = {
    "http.listen": "--listen",
    "data_dir": "--data-dir",
    "log.level": "--log-level",
    "agent.url": "--url",
    "agent.listen": "--listen",
}
"""The settings that have a flag, of `prologue up` or `prologue agent`."""


@dataclass(frozen=True, slots=True)
class Loaded:
    """The effective settings, and where the value of each key came from."""

    settings: Settings
    origins: Mapping[str, Origin]

    @property
    def chosen(self) -> frozenset[str]:
        """The keys that a file, a variable or a flag speaks of, be it to say what the default says."""
        return frozenset(path for path, origin in self.origins.items() if origin.kind != "default")

    def rows(self) -> list[tuple[str, str, Origin]]:
        """Key, value as one would write it (secrets masked) and origin, in order of declaration."""
        schema = schema_of(Settings)
        return [
            (key.path, show_value(key, _get(self.settings, key.path)), self.origins[key.path])
            for key in schema.keys
        ]


def load(
    config: Path | None = None,
    flags: Mapping[str, str | None] | None = None,
    environ: Mapping[str, str] | None = None,
) -> Loaded:
    """The effective settings of this process.

    `config` is the YAML file (else `PROLOGUE_CONFIG`, else none); `flags` maps dotted keys of `FLAGS`
    to text, None where a flag was not given; `environ` stands in for the process's environment.
    Raises ConfigError: one line with the place, the key and the cure.
    """
    schema = schema_of(Settings)
    named = variable(CONFIG, environ)
    file = config or (Path(named) if named else None)
    entries = [
        *(read_file(file, schema) if file else ()),
        *read_environment(schema, environ),
        *_flag_entries(flags or {}, schema),
    ]
    values = {key.path: key.default for key in schema.keys}
    origins = {key.path: Origin("default") for key in schema.keys}
    for path, value, origin in _parsed(entries):
        values[path], origins[path] = value, origin
    settings = build(Settings, values)
    _check(settings, origins)
    return Loaded(settings, origins)


def build(cls: type[Any], values: Mapping[str, Any], prefix: str = "") -> Any:
    """A settings class from values by dotted key."""
    arguments: dict[str, Any] = {}
    for field in msgspec.structs.fields(cls):
        path = prefix + field.name
        is_section = isinstance(field.type, type) and issubclass(field.type, Section)
        arguments[field.name] = build(field.type, values, path + ".") if is_section else values[path]
    return cls(**arguments)


def _parsed(entries: Iterable[Entry]) -> Iterable[tuple[str, Any, Origin]]:
    for entry in entries:
        try:
            yield entry.key.path, parse_value(entry.key, entry.raw), entry.origin
        except ValueError as error:
            wrong, _, cure = str(error).partition("; ")
            raise ConfigError(
                f"{entry.origin.place}: {entry.key.path}: {wrong}", key=entry.key.path, cure=cure
            ) from error


def _flag_entries(flags: Mapping[str, str | None], schema: Schema) -> Iterable[Entry]:
    for path, text in flags.items():
        key = schema.key(path)
        if key is None:
            raise KeyError(f"a flag for {path}, which is no setting")
        if text is not None:
            yield Entry(key, text, Origin("flag", FLAGS[path]))


def _check(settings: Settings, origins: Mapping[str, Origin]) -> None:
    """Rules that hold between settings."""
    rules = (
        ("buffer.segment_bytes", "buffer.max_bytes"),
        ("receive.max_body_bytes", "buffer.max_bytes"),
        ("receive.max_decompressed_bytes", "buffer.max_bytes"),
    )
    schema = schema_of(Settings)
    for small, large in rules:
        if _get(settings, small) > _get(settings, large):
            path = small if origins[small].kind != "default" else large
            shown = {p: show_value(k, _get(settings, p)) for p in (small, large) if (k := schema.key(p))}
            raise ConfigError(
                f"{origins[path].place}: {small} ({shown[small]}) is larger than {large} ({shown[large]}),"
                " so what it allows could never be buffered",
                key=path,
                cure=f"lower {small} or raise {large}",
            )


def _get(settings: Settings, path: str) -> Any:
    value: Any = settings
    for name in path.split("."):
        value = getattr(value, name)
    return value
