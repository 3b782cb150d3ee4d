"""The groups of an expression as expressions of the engine."""

from __future__ import annotations

from collections.abc import Callable

Bind = Callable[[str], str]
"""Binds a text as a parameter of the statement; answers how the statement names it."""


def groups(text: str, regex: str, fast: str, bind: Bind) -> str:
    """Array(String) of the groups' texts, empty where the text does not match.

    `fast` is `regex` relaxed (`prologue.parse.grok.relax`), or empty. A dot does not match a newline.
    """
    exact = bind(f"(?-s:{regex})")
    slow = f"extractGroups({text}, {exact})"
    if not fast:
        return slow
    anchored, quick = bind(f"^(?-s:{regex})"), bind(f"(?-s:{fast})")
    # The automaton first: it is many times as fast as finding groups, and settles which way to find them.
    return (
        f"multiIf(match({text}, {anchored}), extractGroups({text}, {quick}), "
        f"match({text}, {exact}), {slow}, CAST([], 'Array(String)'))"
    )


def typed(text: str, kind: str) -> str:
    """The text in the spelling of its type, one of the values of `translate.TYPES`.

    What is not of its type stays as it was written; nothing is lost for a wrong `:int`.
    """
    match kind:
        case "int":
            return f"ifNull(toString(toInt64OrNull({text})), {text})"
        case "float":
            return f"ifNull(toString(toFloat64OrNull({text})), {text})"
        case "bool":
            return f"if(lower({text}) IN ('true', 'false'), lower({text}), {text})"
    return text
