"""Labels a parser names up front: regexp, pattern, and parsers with extractions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from prologue.logql.lower.sql import EMPTY, Bindings, Expr, expr


@dataclass(frozen=True, slots=True)
class ExtractedLayer:
    """`values` under their label names."""

    values: Mapping[str, Expr]
    bindings: Bindings

    def value(self, name: str, bindings: Bindings) -> Expr:
        del bindings  # the values are computed already
        return self.values.get(name, EMPTY)

    def labels(self) -> Expr:
        entries = ", ".join(f"{self.bindings.text(n)}, {value}" for n, value in self.values.items())
        made = f"CAST(map({entries}), 'Map(String, String)')"
        return expr(f"mapFilter((k, v) -> v != '', {made})", *self.values.values())
