"""The settings classes as one flat catalog of keys.

Everything that lists settings (the loader, `config show`, the documentation page, the nearest-key
hint) reads this catalog, so none of them can know a key that another does not.

Next chapter: `prologue.config.values`, how the text of one value is read.
"""

from __future__ import annotations

import difflib
import typing
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import Any, Literal

import msgspec

from prologue.config.section import Section
from prologue.config.settings import Settings

ENV_PREFIX = "PROLOGUE_"

_PLAIN_KINDS = {"bool": "bool", "int": "int", "float": "float", "str": "str", "Path": "path"}


@dataclass(frozen=True, slots=True)
class Key:
    """One setting. `path` is its dotted name; `kind` says how its text is read.

    `item` is the kind of a list's or map's elements; `choices` the words of a `choice`. Bounds are
    inclusive except `above`, which the value must exceed.
    """

    path: str
    kind: str
    default: Any
    doc: str
    item: str = ""
    choices: tuple[str, ...] = ()
    at_least: float | None = None
    above: float | None = None
    secret: bool = False

    @property
    def env(self) -> str:
        """The environment variable that sets it.

        >>> Key("http.listen", "listen", "", "").env
        'PROLOGUE_HTTP__LISTEN'
        """
        return ENV_PREFIX + self.path.upper().replace(".", "__")


@dataclass(frozen=True, slots=True)
class Schema:
    """A settings class, flat: its keys in order of declaration, its sections with their doc text."""

    keys: tuple[Key, ...]
    sections: tuple[tuple[str, str], ...]

    def key(self, path: str) -> Key | None:
        return next((key for key in self.keys if key.path == path), None)

    def is_section(self, path: str) -> bool:
        return any(name == path for name, _ in self.sections)


@cache
def schema_of(root: type[Section] = Settings) -> Schema:
    """The catalog of a settings class."""
    keys: list[Key] = []
    sections: list[tuple[str, str]] = []
    _collect(root, "", keys, sections)
    return Schema(tuple(keys), tuple(sections))


def _collect(cls: type[Section], prefix: str, keys: list[Key], sections: list[tuple[str, str]]) -> None:
    hints = typing.get_type_hints(cls, include_extras=True)
    for field in msgspec.structs.fields(cls):
        hint, path = hints[field.name], prefix + field.name
        if isinstance(hint, type) and issubclass(hint, Section):
            sections.append((path, (hint.__doc__ or "").strip()))
            _collect(hint, path + ".", keys, sections)
        else:
            default = field.default if field.default_factory is msgspec.NODEFAULT else field.default_factory()
            keys.append(_key(path, hint, default))


def _key(path: str, hint: Any, default: Any) -> Key:
    metas = [m for m in getattr(hint, "__metadata__", ()) if isinstance(m, msgspec.Meta)]
    extra: dict[str, Any] = {}
    for meta in metas:
        extra |= meta.extra or {}
    plain = typing.get_args(hint)[0] if metas else hint
    kind, item, choices = _kind(plain)
    return Key(
        path=path,
        kind=extra.get("kind", kind),
        default=default,
        doc=next((m.description for m in metas if m.description), ""),
        item=item,
        choices=choices,
        at_least=next((m.ge for m in metas if m.ge is not None), None),
        above=next((m.gt for m in metas if m.gt is not None), None),
        secret=bool(extra.get("secret")),
    )


def _kind(plain: Any) -> tuple[str, str, tuple[str, ...]]:
    origin, arguments = typing.get_origin(plain), typing.get_args(plain)
    if origin is Literal:
        return "choice", "", tuple(arguments)
    if origin is tuple:
        return "list", _PLAIN_KINDS[arguments[0].__name__], ()
    if origin is dict:
        return "map", _PLAIN_KINDS[arguments[1].__name__], ()
    return _PLAIN_KINDS[getattr(plain, "__name__", NoneType.__name__)], "", ()


def nearest(name: str, known: Iterable[str]) -> str:
    """The known name most like `name`, or "" where none is alike.

    >>> nearest("http.lisen", ["http.listen", "data_dir"])
    'http.listen'
    """
    known = list(known)
    found = difflib.get_close_matches(name.lower(), [k.lower() for k in known], n=1, cutoff=0.6)
    return next((k for k in known if found and k.lower() == found[0]), "")
