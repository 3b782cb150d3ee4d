"""`redact`: what must not be stored is masked, hashed or removed, in the body and in every attribute.

It touches lines too on which an earlier stage failed, and what an earlier stage kept of the original body.
Labels are not looked at: do not make labels of what may be secret.

Texts of a line go through the detectors as one array, a detector a step, and only those of lines in which
the automaton of all detectors found something.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from prologue.logql.lower.sql import Expr, expr
from prologue.logql.problems import TextProblem
from prologue.logql.regex import scan_regex
from prologue.parse.pipelines.document import Options, near
from prologue.parse.pipelines.rows import MAP, Rows
from prologue.parse.stages.detectors import DETECTORS, Detector
from prologue.parse.stages.fields import TEXT_FIELDS
from prologue.parse.stages.kind import StageKind

_ACTIONS = ("mask", "hash", "remove")
_NAME = re.compile(r"[a-z][a-z0-9_]{0,30}")


@dataclass(frozen=True, slots=True)
class Redact:
    """`found` are detectors by name; `fields` are masked whole, `body` among them. `key` are the halves of
    the hash's key."""

    found: tuple[tuple[str, Detector], ...]
    fields: tuple[str, ...]
    action: str
    mask: str
    key: tuple[int, int]


def read(options: Options) -> Redact:
    action = options.choice("action", _ACTIONS, "mask")
    own = _own(options)
    default = () if own or options.has("fields") else tuple(DETECTORS)
    names = options.texts("detect", default)
    names = tuple(DETECTORS) if names == ("all",) else names
    for name in names:
        if name not in DETECTORS:
            options.refuse("detect", f"there is no detector {name}", near(name, [*DETECTORS, "all"]))
    key = options.surroundings.hash_key
    if action == "hash" and not key:
        options.refuse("action", "hashing needs a key", "set parsers.hash_key")
    digest = hashlib.sha256(key.encode()).digest()
    halves = (int.from_bytes(digest[:8], "little"), int.from_bytes(digest[8:16], "little"))
    chosen = [(name, detector) for name, detector in DETECTORS.items() if name in names]
    mask = options.text("mask", "<{name}>")
    return Redact((*own, *chosen), _fields(options), action, mask, halves)


def _fields(options: Options) -> tuple[str, ...]:
    fields = options.texts("fields", ())
    for name in fields:
        if name in TEXT_FIELDS and name != "body":
            options.refuse(
                "fields",
                f"{name} is no attribute",
                f"`rename` it to one before, and redact that: {name}: secret",
            )
    return fields


def _own(options: Options) -> tuple[tuple[str, Detector], ...]:
    found = []
    for name, pattern in options.mapping("patterns", {}).items():
        if not _NAME.fullmatch(name) or name in DETECTORS:
            options.refuse(
                "patterns", f"{name!r} cannot name a pattern", "use a word in lower case of your own"
            )
        try:
            groups = scan_regex(pattern)
        except TextProblem as problem:
            options.refuse(
                "patterns", f"{name}: at character {problem.offset + 1}: {problem.message}", problem.cure
            )
        if groups.count:
            options.refuse("patterns", f"{name}: all of a match is redacted", "write groups as (?:...)")
        found.append((name, Detector(pattern)))
    return tuple(found)


def lower(node: Redact, rows: Rows) -> None:
    if node.fields:
        _mask_fields(node, rows)
    if "body" in node.fields:
        _mask_body(node, rows)
    if not node.found:
        return
    body, entries = rows.column("body"), rows.attributes()
    original = rows.original
    kept = [original] if original is not None else []
    every = rows.bindings.text("|".join(f"(?:{detector.regex})" for _, detector in node.found))
    texts = [body, *kept]
    looks = " OR ".join(f"match({text}, {every})" for text in texts)
    hit = f"{looks} OR arrayExists(v -> match(v, {every}), mapValues({entries}))"
    guard = [rows.guard] if rows.guard is not None else []
    hit = f"{rows.guard} AND ({hit})" if guard else hit
    found = rows.compute(expr(f"toBool({hit})", *texts, entries, *guard))
    listed = f"arrayConcat([{', '.join(text.sql for text in texts)}], mapValues({entries}))"
    values = rows.compute(expr(f"if({found}, {listed}, CAST([], 'Array(String)'))", found, *texts, entries))
    for name, detector in node.found:
        values = rows.compute(_applied(node, name, detector, values, rows))
    _put_back(rows, found, values, body, original, entries)


def _applied(node: Redact, name: str, detector: Detector, values: Expr, rows: Rows) -> Expr:
    """The texts without what the detector finds."""
    pattern = rows.bindings.text(detector.regex)
    instead = _instead(node, name, "m", rows)
    if detector.groups:
        # What stands around the secret stays.
        groups = f"arrayDistinct(extractAllGroupsVertical(t, {pattern}))"
        swap = _instead(node, name, "g[2]", rows)
        text = (
            f"arrayFold((done, g) -> replaceAll(done, concat(g[1], g[2], g[3]), concat(g[1], {swap}, g[3])), "
            f"{groups}, t)"
        )
    else:
        found = f"arrayDistinct(extractAll(t, {pattern}))"
        found = f"arrayFilter(m -> {detector.check}, {found})" if detector.check else found
        # Longer finds first: one may be the start of another.
        found = f"arrayReverseSort(m -> length(m), {found})"
        text = f"arrayFold((done, m) -> replaceAll(done, m, {instead}), {found}, t)"
    return expr(f"arrayMap(t -> if(match(t, {pattern}), {text}, t), {values})", values)


def _instead(node: Redact, name: str, found: str, rows: Rows) -> str:
    if node.action == "remove":
        return "''"
    if node.action == "mask":
        return rows.bindings.text(node.mask.replace("{name}", name))
    first, second = (f"toUInt64({rows.bindings.text(str(half))})" for half in node.key)
    digest = f"lower(hex(sipHash128Keyed(tuple({first}, {second}), {found})))"
    return f"concat({rows.bindings.text(f'<{name}:')}, left({digest}, 16), '>')"


def _put_back(
    rows: Rows, found: Expr, values: Expr, body: Expr, original: Expr | None, entries: Expr
) -> None:
    before = 1 if original is None else 2
    pairs = f"CAST((mapKeys({entries}), arraySlice({values}, {before + 1})), '{MAP}')"
    kept = f"mapFilter((k, v) -> v != '', {pairs})"
    rows.replace_attributes(rows.compute(expr(f"if({found}, {kept}, {entries})", found, values, entries)))
    rows.replace_body(rows.compute(expr(f"if({found}, {values}[1], {body})", found, values, body)))
    if original is not None:
        was = expr(f"if({found}, {values}[2], {original})", found, values, original)
        rows.keep_original(rows.compute(was))


def _mask_fields(node: Redact, rows: Rows) -> None:
    """The fields' whole values; a name may end in `*`."""
    entries = rows.attributes()
    names = rows.names_condition("k", node.fields)
    guard = [rows.guard] if rows.guard is not None else []
    chosen = f"({names}) AND v != ''" + (f" AND {rows.guard}" if guard else "")
    swapped = f"mapApply((k, v) -> (k, if({chosen}, {_instead(node, 'field', 'v', rows)}, v)), {entries})"
    kept = f"mapFilter((k, v) -> v != '', {swapped})"
    rows.replace_attributes(rows.compute(expr(kept, entries, *guard)))


def _mask_body(node: Redact, rows: Rows) -> None:
    """The whole line, and what it was before an earlier stage replaced it."""
    guard = [rows.guard] if rows.guard is not None else []
    only = f"{rows.guard} AND " if guard else ""

    def masked(text: Expr) -> Expr:
        instead = _instead(node, "field", text.sql, rows)
        return rows.compute(expr(f"if({only}{text} != '', {instead}, {text})", text, *guard))

    original = rows.original
    rows.replace_body(masked(rows.column("body")))
    if original is not None:
        rows.keep_original(masked(original))


STAGE = StageKind(read, lower, main="detect", always=True)
