"""A grok expression as expressions of the engine."""

from __future__ import annotations

from collections.abc import Callable

from prologue.parse.grok.translate import Grok, GrokField

Bind = Callable[[str], str]
"""Binds a text as a parameter of the statement; answers how the statement names it."""


def groups(line: str, grok: Grok, bind: Bind) -> str:
    """Array(String) of the groups' texts, empty where the line does not match.

    A dot does not match a newline, as in the language grok was made for.
    """
    exact = bind(f"(?-s:{grok.regex})")
    slow = f"extractGroups({line}, {exact})"
    if not grok.fields:
        return f"if(match({line}, {exact}), [''], [])"
    if not grok.fast:
        return slow
    anchored, fast = bind(f"^(?-s:{grok.regex})"), bind(f"(?-s:{grok.fast})")
    # The automaton first: it is many times as fast as finding groups, and settles which way to find them.
    return (
        f"multiIf(match({line}, {anchored}), extractGroups({line}, {fast}), "
        f"match({line}, {exact}), {slow}, CAST([], 'Array(String)'))"
    )


def value(field: GrokField, found: str) -> str:
    """The field's text in the groups `found`: the first that is not empty, in its type's spelling.

    What is not of its type stays as it was written; nothing is lost for a wrong `:int`.
    """
    texts = [f"{found}[{group}]" for group in field.groups]
    text = texts[-1]
    for earlier in reversed(texts[:-1]):
        text = f"if({earlier} != '', {earlier}, {text})"
    match field.type:
        case "int":
            return f"ifNull(toString(toInt64OrNull({text})), {text})"
        case "float":
            return f"ifNull(toString(toFloat64OrNull({text})), {text})"
        case "bool":
            return f"if(lower({text}) IN ('true', 'false'), lower({text}), {text})"
    return text
