"""The body of `_bulk`: pairs of lines, an action and its document, taken apart.

`create` and `index` are stored, both by appending. `update` and `delete` change what is stored, which
a log does not do: such an item gets an error of its own and the others are stored. The bodies of most
senders hold one and the same action over and over, so what depends on an action is worked out once for
each distinct one; documents are checked all at once and stay the text that came.

Source: Elasticsearch's reference, "Bulk index or delete documents". Next chapter:
`prologue.receive.elasticsearch.receiver`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import msgspec
import orjson

from prologue.model.errors import PayloadError
from prologue.receive.columns import require_few
from prologue.receive.objects import why_no_objects

STORED = ("create", "index")
_OPERATIONS = (*STORED, "update", "delete")
_CURE = 'send a line such as {"create":{"_index":"logs"}}, then the document on one line of its own'


class Target(msgspec.Struct, frozen=True):
    """What an action says of its document; everything else in it is for Elasticsearch's own use."""

    index: str = msgspec.field(name="_index", default="")
    id: str | int | float = msgspec.field(name="_id", default="")


class _Action(msgspec.Struct, frozen=True):
    create: Target | None = None
    index: Target | None = None
    update: Target | None = None
    delete: Target | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Action:
    """One distinct action line, understood. Compared by identity: bodies hold few and repeat them."""

    operation: str
    index: str
    id: str

    @property
    def stored(self) -> bool:
        return self.operation in STORED

    def front(self, *, with_index: bool) -> bytes:
        """The start of an object that says what the action says; empty where that is nothing."""
        said = {"_index": self.index if with_index else "", "_id": self.id}
        members = {name: value for name, value in said.items() if value}
        return orjson.dumps(members)[:-1] if members else b""


@dataclass(frozen=True, slots=True)
class Bulk:
    """The items of a body, in order. `broken` says, by place, why a document is not stored.

    The document of a `delete` is empty.
    """

    actions: list[Action]
    documents: list[bytes]
    broken: Mapping[int, str]


_DECODER = msgspec.json.Decoder(_Action)


def read_bulk(body: bytes, default_index: str, limit: int) -> Bulk:
    """Every item of a body.

    Raises `PayloadError` where the lines are no pairs, so that nobody can tell what is what, and
    `LimitError` for more than `limit` items.
    """
    if not body or body.isspace():
        raise PayloadError("the body has no actions", cure=_CURE)
    if not body.endswith(b"\n"):
        raise PayloadError(
            "the body must end with a newline; it may be cut off", cure="end every line with \\n"
        )
    require_few(body.count(b"\n") // 2, limit)
    lines = body.split(b"\n")
    lines.pop()
    understood = _Understood(default_index)
    paired = _pairs(lines, understood)
    if paired is None:
        paired = _pairs_one_by_one(lines, understood)
    actions, documents = paired
    require_few(len(actions), limit)
    if all(action.stored for action in set(actions)):
        return Bulk(actions, documents, why_no_objects(documents))
    kept = [place for place, action in enumerate(actions) if action.stored]
    broken = {kept[place]: why for place, why in why_no_objects([documents[p] for p in kept]).items()}
    changes = {
        place: f"{action.operation} is not supported: stored logs are not changed; send create or index"
        for place, action in enumerate(actions)
        if not action.stored
    }
    return Bulk(actions, documents, broken | changes)


class _Understood(dict[bytes, Action]):
    """Action lines by their text; each distinct one is decoded once."""

    def __init__(self, default_index: str) -> None:
        super().__init__()
        self._default = default_index

    def __missing__(self, line: bytes) -> Action:
        action = self[line] = _read_action(line, self._default)
        return action


def _pairs(lines: list[bytes], understood: _Understood) -> tuple[list[Action], list[bytes]] | None:
    """The common case, an action in every other line; None where it is not that."""
    if len(lines) % 2:
        return None
    try:
        actions = [understood[line] for line in lines[::2]]
    except PayloadError:
        return None
    whole = all(action.operation != "delete" for action in set(actions))
    return (actions, lines[1::2]) if whole else None


def _pairs_one_by_one(lines: list[bytes], understood: _Understood) -> tuple[list[Action], list[bytes]]:
    """With deletes, which have no document, and empty lines between items."""
    actions: list[Action] = []
    documents: list[bytes] = []
    rest = iter(lines)
    for line in rest:
        if not line or line.isspace():
            continue
        try:
            action = understood[line]
        except PayloadError as error:
            raise PayloadError(error.message, index=len(actions), cure=error.cure) from error
        actions.append(action)
        documents.append(b"" if action.operation == "delete" else next(rest, b""))
    return actions, documents


def _read_action(line: bytes, default_index: str) -> Action:
    try:
        found = _DECODER.decode(line)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
        raise PayloadError(f"an action line is malformed: {error}", cure=_CURE) from error
    named = [(name, target) for name in _OPERATIONS if (target := getattr(found, name)) is not None]
    if len(named) != 1:
        raise PayloadError("an action line names none or several of " + ", ".join(_OPERATIONS), cure=_CURE)
    operation, target = named[0]
    return Action(operation, target.index or default_index, str(target.id))


def document_lines(bulk: Bulk, *, with_index: bool) -> list[bytes]:
    """The sound documents as JSON lines, with what their actions say of them in front.

    `with_index`: the index differs from document to document, so each line says its own.
    """
    fronts = {action: action.front(with_index=with_index) for action in set(bulk.actions)}
    pairs: Iterable[tuple[Action, bytes]] = zip(bulk.actions, bulk.documents, strict=True)
    if bulk.broken:
        pairs = [pair for place, pair in enumerate(pairs) if place not in bulk.broken]
    if not any(fronts.values()):
        return [document for _, document in pairs]
    return [_joined(fronts[action], document) for action, document in pairs]


def _joined(front: bytes, document: bytes) -> bytes:
    if not front:
        return document
    inner = document.lstrip()[1:].lstrip()
    return front + (inner if inner[:1] == b"}" else b"," + inner)
