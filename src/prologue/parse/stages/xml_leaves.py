"""`xml`: shallow: the text of each element that holds no other, and attributes, by the element's name.

`<event id="7"><user>ann</user></event>` has `event.id` and `user`. Names lose their namespace; of equal
names the first counts. It is no XML processor: entities beyond the five of XML are left as they are.
"""

from __future__ import annotations

from dataclasses import dataclass

from prologue.logql.lower.sql import expr
from prologue.parse.pipelines.document import Options
from prologue.parse.pipelines.rows import MAP, Rows
from prologue.parse.stages.kind import StageKind

_NAME = r"(?:[A-Za-z_][\w.-]*:)?([A-Za-z_][\w.-]*)"
_LEAF = rf"<{_NAME}(?:\s[^<>]*)?>([^<]*|<!\[CDATA\[(?s:.*?)\]\]>)</"
_TAG = rf"<{_NAME}(\s[^<>]*=[^<>]*)>"
_ATTRIBUTE = rf"""\s{_NAME}\s*=\s*(?:"([^"]*)"|'([^']*)')"""
_LOOKS = r"^\s*(?:<\?xml|<[A-Za-z_])(?s:.*)>\s*$"


@dataclass(frozen=True, slots=True)
class XmlLeaves:
    """`prefix` goes before each name."""

    source: str
    prefix: str


def read(options: Options) -> XmlLeaves:
    return XmlLeaves(options.text("source", "body"), options.text("prefix", ""))


def lower(node: XmlLeaves, rows: Rows) -> None:
    text = rows.source(node.source)
    bound = rows.bindings.text
    rows.fail(expr(f"NOT match({text}, {bound(_LOOKS)})", text), "XmlParserErr", "the text is no XML")
    prefix = bound(node.prefix)
    cdata = (
        "if(startsWith(g[2], '<![CDATA['), substring(g[2], 10, length(g[2]) - 12), decodeXMLComponent(g[2]))"
    )
    leaves = (
        f"arrayMap(g -> (concat({prefix}, g[1]), trimBoth({cdata})), "
        f"extractAllGroupsVertical({text}, {bound(_LEAF)}))"
    )
    value = "decodeXMLComponent(concat(a[2], a[3]))"
    attributes = (
        f"arrayFlatten(arrayMap(g -> arrayMap(a -> (concat({prefix}, g[1], '.', a[1]), {value}), "
        f"extractAllGroupsVertical(g[2], {bound(_ATTRIBUTE)})), "
        f"extractAllGroupsVertical({text}, {bound(_TAG)})))"
    )
    pairs = rows.compute(expr(f"arrayFilter(p -> p.2 != '', arrayConcat({leaves}, {attributes}))", text))
    first = f"arrayEnumerateUniq(arrayMap(p -> p.1, {pairs}))"
    rows.found_map(
        rows.compute(expr(f"CAST(arrayFilter((p, i) -> i = 1, {pairs}, {first}), '{MAP}')", pairs))
    )


STAGE = StageKind(read, lower)
