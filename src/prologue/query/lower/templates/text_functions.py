"""Template functions on text."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import MappingProxyType

from prologue.logql.lower.sql import Bindings, Expr, expr
from prologue.query.lower.templates.values import Type, Value, constant_text, mapped, text, truth, whole

Arguments = list[Value]
Function = Callable[[Arguments, Bindings], Value]


def _of_texts(pattern: str, type_: Type = Type.TEXT) -> Function:
    """A function whose arguments are all texts: `{0}`, `{1}`, ... stand for them."""

    def call(arguments: Arguments, bindings: Bindings) -> Value:
        del bindings
        texts = [text(one) for one in arguments]
        return Value(type_, expr(_filled(pattern, texts), *texts))

    return call


def _counted(pattern: str) -> Function:
    """A function of a number and a text: `{0}` and `{1}`."""

    def call(arguments: Arguments, bindings: Bindings) -> Value:
        del bindings
        parts = [whole(arguments[0]), text(arguments[1])]
        return Value(Type.TEXT, expr(_filled(pattern, parts), *parts))

    return call


def _filled(pattern: str, parts: list[Expr]) -> str:
    return re.sub(r"\{(\d)\}", lambda match: parts[int(match.group(1))].sql, pattern)


def _substr(arguments: Arguments, bindings: Bindings) -> Value:
    del bindings
    start, end, source = whole(arguments[0]), whole(arguments[1]), text(arguments[2])
    cut = (
        f"multiIf({start} < 0, substring({source}, 1, greatest({end}, 0)), "
        f"{end} < 0 OR {end} > length({source}), substring({source}, {start} + 1), "
        f"substring({source}, {start} + 1, greatest({end} - {start}, 0)))"
    )
    return Value(Type.TEXT, expr(cut, start, end, source))


def _default(arguments: Arguments, bindings: Bindings) -> Value:
    del bindings
    if len(arguments) == 1:
        return arguments[0]
    fallback, given = text(arguments[0]), arguments[1]
    present, shown = truth(given), text(given)
    return Value(Type.TEXT, expr(f"if({present}, {shown}, {fallback})", present, shown, fallback))


def _title(arguments: Arguments, bindings: Bindings) -> Value:
    del bindings
    words = (
        "arrayStringConcat(arrayMap(w -> concat(upperUTF8(substringUTF8(w, 1, 1)), substringUTF8(w, 2)), "
        "splitByChar(' ', {})), ' ')"
    )
    source = text(arguments[0])
    return Value(Type.TEXT, expr(words.replace("{}", source.sql), source))


def _regex_replace(arguments: Arguments, bindings: Bindings) -> Value:
    pattern = constant_text(arguments[0], "regexReplaceAll", "a regular expression")
    replacement = constant_text(arguments[2], "regexReplaceAll", "a replacement")
    source = text(arguments[1])
    found = bindings.text(f"(?-s:{pattern})")
    return Value(
        Type.TEXT,
        expr(f"replaceRegexpAll({source}, {found}, {bindings.text(expansion(replacement))})", source),
    )


def _regex_replace_literal(arguments: Arguments, bindings: Bindings) -> Value:
    pattern = constant_text(arguments[0], "regexReplaceAllLiteral", "a regular expression")
    replacement = constant_text(arguments[2], "regexReplaceAllLiteral", "a replacement")
    source = text(arguments[1])
    found, literal = bindings.text(f"(?-s:{pattern})"), bindings.text(replacement.replace("\\", "\\\\"))
    return Value(Type.TEXT, expr(f"replaceRegexpAll({source}, {found}, {literal})", source))


def expansion(replacement: str) -> str:
    """Go's `$1` and `${1}` as RE2's `\\1`; `$$` is a dollar sign, an unknown group is empty.

    >>> expansion("${1}a$2 $$")
    '\\\\1a\\\\2 $'
    """

    def convert(match: re.Match[str]) -> str:
        if match.group(1):
            return "$"
        number = match.group(2) or match.group(3)
        return f"\\{number}" if number else ""

    escaped = replacement.replace("\\", "\\\\")
    return re.sub(r"\$(?:(\$)|(\d)(?![a-zA-Z0-9_])|\{(\d)\}|\w+|\{\w+\})", convert, escaped)


def _count(arguments: Arguments, bindings: Bindings) -> Value:
    pattern = constant_text(arguments[0], "count", "a regular expression")
    source = text(arguments[1])
    found = f"length(extractAll({source}, {bindings.text(f'((?-s:{pattern}))')}))"
    return Value(Type.INT, expr(f"toInt64({found})", source))


def _replace_some(arguments: Arguments, bindings: Bindings) -> Value:
    """`Replace s old new n`: the first n, all where n is negative."""
    del bindings
    source, old, new, most = (*map(text, arguments[:3]), whole(arguments[3]))
    parts = f"splitByString({old}, {source})"
    body = mapped(
        expr(parts, old, source),
        "ps",
        lambda ps: (
            f"if({most} < 0 OR {most} >= length({ps}) - 1, arrayStringConcat({ps}, {new}), "
            f"concat(arrayStringConcat(arraySlice({ps}, 1, {most} + 1), {new}), if({most} = 0, '', ''), "
            f"{old}, arrayStringConcat(arraySlice({ps}, {most} + 2), {old})))"
        ),
    )
    return Value(Type.TEXT, expr(body.sql, source, old, new, most))


_PAD = "rightPadUTF8({1}, greatest({0}, 0), ' ')"
_PAD_LEFT = (
    "if(lengthUTF8({1}) > {0}, substringUTF8({1}, lengthUTF8({1}) - greatest({0}, 0) + 1), "
    "leftPadUTF8({1}, greatest({0}, 0), ' '))"
)
_INDENT = "concat(repeat(' ', {0}), replaceAll({1}, '\\n', concat('\\n', repeat(' ', {0}))))"
_TRUNC = (
    "multiIf({0} >= 0, substring({1}, 1, {0}), length({1}) <= -{0}, {1}, "
    "substring({1}, length({1}) + {0} + 1))"
)

TEXT_FUNCTIONS: MappingProxyType[str, Function] = MappingProxyType(
    {
        "lower": _of_texts("lowerUTF8({0})"),
        "upper": _of_texts("upperUTF8({0})"),
        "ToLower": _of_texts("lowerUTF8({0})"),
        "ToUpper": _of_texts("upperUTF8({0})"),
        "title": _title,
        "trim": _of_texts("replaceRegexpAll({0}, '^\\\\s+|\\\\s+$', '')"),
        "TrimSpace": _of_texts("replaceRegexpAll({0}, '^\\\\s+|\\\\s+$', '')"),
        "trimAll": _of_texts("trimBoth({1}, {0})"),
        "Trim": _of_texts("trimBoth({0}, {1})"),
        "TrimLeft": _of_texts("trimLeft({0}, {1})"),
        "TrimRight": _of_texts("trimRight({0}, {1})"),
        "trimPrefix": _of_texts("if(startsWith({1}, {0}), substring({1}, length({0}) + 1), {1})"),
        "TrimPrefix": _of_texts("if(startsWith({0}, {1}), substring({0}, length({1}) + 1), {0})"),
        "trimSuffix": _of_texts("if(endsWith({1}, {0}), substring({1}, 1, length({1}) - length({0})), {1})"),
        "TrimSuffix": _of_texts("if(endsWith({0}, {1}), substring({0}, 1, length({0}) - length({1})), {0})"),
        "replace": _of_texts("if({0} = '', {2}, replaceAll({2}, {0}, {1}))"),
        "Replace": _replace_some,
        "contains": _of_texts("position({1}, {0}) > 0 OR {0} = ''", Type.BOOL),
        "hasPrefix": _of_texts("startsWith({1}, {0})", Type.BOOL),
        "hasSuffix": _of_texts("endsWith({1}, {0})", Type.BOOL),
        "b64enc": _of_texts("base64Encode({0})"),
        "b64dec": _of_texts("tryBase64Decode({0})"),
        "urlencode": _of_texts("encodeURLFormComponent({0})"),
        "urldecode": _of_texts("decodeURLFormComponent({0})"),
        "urlquery": _of_texts("encodeURLFormComponent({0})"),
        "html": _of_texts("replaceAll(encodeXMLComponent({0}), '&apos;', '&#39;')"),
        "alignLeft": _counted(_PAD),
        "alignRight": _counted(_PAD_LEFT),
        "indent": _counted(_INDENT),
        "nindent": _counted(f"concat('\\n', {_INDENT})"),
        "repeat": _counted("repeat({1}, greatest({0}, 0))"),
        "trunc": _counted(_TRUNC),
        "substr": _substr,
        "default": _default,
        "regexReplaceAll": _regex_replace,
        "regexReplaceAllLiteral": _regex_replace_literal,
        "count": _count,
    }
)
