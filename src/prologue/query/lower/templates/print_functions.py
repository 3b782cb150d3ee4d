"""`print`, `printf`, and the functions on JSON values.

`printf` follows Go's package fmt for the verbs %s %v %q %d %f %g %e %t %x %%, with flags, width and
precision. An argument of the wrong type is shown as Go shows it: `%!d(string=5)`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from types import MappingProxyType

from prologue.logql.lower.sql import Bindings, Expr, expr
from prologue.model.errors import QueryError
from prologue.query.lower.templates.values import Type, Value, constant_text, real, text, whole

Arguments = list[Value]
Function = Callable[[Arguments, Bindings], Value]
_VERB = re.compile(r"%([-+0# ]*)(\d+)?(?:\.(\d+)?)?([a-zA-Z%])")
_GO_NAMES = {Type.TEXT: "string", Type.INT: "int64", Type.FLOAT: "float64", Type.BOOL: "bool"}


def _printf(arguments: Arguments, bindings: Bindings) -> Value:
    layout = constant_text(arguments[0], "printf", "a format")
    rest = list(arguments[1:])
    pieces: list[Expr] = []
    at = 0
    for match in _VERB.finditer(layout):
        pieces.append(Expr(bindings.text(layout[at : match.start()])))
        at = match.end()
        if match.group(4) == "%":
            pieces.append(Expr("'%'"))
        elif not rest:
            pieces.append(Expr(bindings.text(f"%!{match.group(4)}(MISSING)")))
        else:
            pieces.append(_verb(match, rest.pop(0), bindings))
    pieces.append(Expr(bindings.text(layout[at:])))
    if rest:
        raise QueryError("`printf` has more values than its format", cure="add a verb such as %s or %v")
    return _joined(pieces)


def _joined(pieces: list[Expr]) -> Value:
    return Value(Type.TEXT, expr(f"concat({', '.join(piece.sql for piece in pieces)}, '')", *pieces))


def _verb(match: re.Match[str], value: Value, bindings: Bindings) -> Expr:
    flags, width, precision, verb = match.groups()
    dotted = "." in match.group()
    shown = _shown(verb, flags, int(precision or 0) if dotted else None, value, bindings)
    if shown is None:
        wrong = text(value)
        name = _GO_NAMES.get(value.type, "value")
        return expr(f"concat({bindings.text(f'%!{verb}({name}=')}, {wrong}, ')')", wrong)
    return _padded(shown, flags, int(width or 0), numeric=verb in "dfgex")


def _shown(verb: str, flags: str, precision: int | None, value: Value, bindings: Bindings) -> Expr | None:
    if verb in "sv":
        source = text(value)
        cut = (
            source
            if precision is None or verb == "v"
            else expr(f"substringUTF8({source}, 1, {precision})", source)
        )
        return cut if verb == "v" or value.type in (Type.TEXT, Type.JSON) else None
    if verb == "q":
        source = text(value)
        return expr(f"toJSONString({source})", source)
    if verb == "t":
        return text(value) if value.type is Type.BOOL else None
    if verb in ("d", "x") and value.type is Type.INT:
        number = whole(value)
        sign = f"if({number} >= 0, '+', '')" if "+" in flags else "''"
        digits = f"lower(hex({number}))" if verb == "x" else f"toString({number})"
        return expr(f"concat({sign}, {digits})", number)
    if verb in "feg" and value.type is Type.FLOAT:
        number = real(value)
        places = "" if precision is None else f".{precision}"
        shape = bindings.text(f"%{flags.replace('-', '').replace('0', '')}{places}{verb}")
        return expr(f"printf({shape}, {number})", number)
    return None


def _padded(shown: Expr, flags: str, width: int, *, numeric: bool) -> Expr:
    if not width:
        return shown
    least = f"greatest({width}, lengthUTF8({shown}))"
    if "-" in flags:
        return expr(f"rightPadUTF8({shown}, {least}, ' ')", shown)
    filler = "0" if "0" in flags and numeric else " "
    return expr(f"leftPadUTF8({shown}, {least}, '{filler}')", shown)


def _print(arguments: Arguments, bindings: Bindings) -> Value:
    """Go puts a blank between two values where neither is a text."""
    del bindings
    pieces: list[Expr] = []
    for index, one in enumerate(arguments):
        if index and Type.TEXT not in (one.type, arguments[index - 1].type):
            pieces.append(Expr("' '"))
        pieces.append(text(one))
    return _joined(pieces or [Expr("''")])


def _println(arguments: Arguments, bindings: Bindings) -> Value:
    del bindings
    pieces: list[Expr] = []
    for index, one in enumerate(arguments):
        pieces += [Expr("' '")] if index else []
        pieces.append(text(one))
    return _joined([*pieces, Expr("'\\n'")])


def _from_json(arguments: Arguments, bindings: Bindings) -> Value:
    """The raw JSON; empty where the text is none."""
    del bindings
    source = text(arguments[0])
    return Value(Type.JSON, expr(f"if(isValidJSON({source}), trimBoth({source}), '')", source))


def member(value: Value, name: str, bindings: Bindings) -> Value:
    """`.name` of a JSON value."""
    if value.type is not Type.JSON:
        raise QueryError(
            f"`.{name}` is asked of {value.type.value}", cure="use fromJson first, or write .label"
        )
    return Value(Type.JSON, expr(f"JSONExtractRaw({value.sql}, {bindings.text(name)})", value.sql))


def _index(arguments: Arguments, bindings: Bindings) -> Value:
    value = arguments[0]
    for step in arguments[1:]:
        if step.type is Type.INT:
            source = value.sql
            value = Value(Type.JSON, expr(f"JSONExtractRaw({source}, {step.sql} + 1)", source, step.sql))
        else:
            value = member(value, constant_text(step, "index", "a key"), bindings)
    return value


PRINT_FUNCTIONS: MappingProxyType[str, Function] = MappingProxyType(
    {
        "printf": _printf,
        "print": _print,
        "println": _println,
        "fromJson": _from_json,
        "index": _index,
    }
)
