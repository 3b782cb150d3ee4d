"""Label values as numbers, in the engine: Nullable(Float64), NULL where the text is none.

Durations are Go's (`1h30m`, `0.10ms`), sizes are go-humanize's (`5 MiB`, `3k`, `1,024B`).
"""

from __future__ import annotations

from prologue.logql.lower.sql import Bindings, Expr, expr
from prologue.logql.units import BYTE_UNITS, DURATION_UNITS

_GO_UNITS = ("ns", "us", "µs", "μs", "ms", "s", "m", "h")
_AMOUNT = r"(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)"
_DURATION = rf"^[-+]?(?:{_AMOUNT}(?:ns|us|µs|μs|ms|s|m|h))+$"
_DURATION_PARTS = rf"({_AMOUNT})(ns|us|µs|μs|ms|s|m|h)"
_SIZE = r"^[0-9][0-9.,]*\s*[a-zA-Z]*\s*$"
_FLOAT = r"^[-+]?(?:(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[iI]nf(?:inity)?|NaN|nan)$"


def number(value: Expr, bindings: Bindings) -> Expr:
    """A 64-bit float."""
    # The engine's parser alone would take a text such as "1 " or "" in some settings.
    text = f"if(match({value}, {bindings.text(_FLOAT)}), toFloat64OrNull({value}), NULL)"
    return expr(text, value)


def duration(value: Expr, bindings: Bindings) -> Expr:
    """ns."""
    names, scales = _units({unit: DURATION_UNITS[unit] for unit in _GO_UNITS}, bindings)
    parts = f"extractAllGroupsVertical({value}, {bindings.text(_DURATION_PARTS)})"
    total = f"arraySum(g -> toFloat64(g[1]) * transform(g[2], {names}, {scales}, 0.), {parts})"
    signed = f"if(startsWith({value}, '-'), -1, 1) * {total}"
    valid = f"match({value}, {bindings.text(_DURATION)})"
    return expr(f"multiIf({valid}, {signed}, {value} IN ('0', '+0', '-0'), 0., NULL)", value)


def size(value: Expr, bindings: Bindings) -> Expr:
    """Bytes; fractions of a byte are cut off."""
    names, scales = _units({"": 1, **BYTE_UNITS}, bindings)
    amount = f"toFloat64OrNull(replaceAll(extract({value}, '^[0-9.,]+'), ',', ''))"
    unit = f"lower(trimBoth(extract({value}, '[a-zA-Z]*[ ]*$')))"
    scale = f"transform({unit}, {names}, {scales}, -1.)"
    valid = f"match({value}, {bindings.text(_SIZE)}) AND {scale} > 0"
    return expr(f"if({valid}, trunc({amount} * {scale}), NULL)", value)


def _units(units: dict[str, int], bindings: Bindings) -> tuple[str, str]:
    scales = ", ".join(f"{scale}." for scale in units.values())
    return bindings.texts(units), f"[{scales}]"
