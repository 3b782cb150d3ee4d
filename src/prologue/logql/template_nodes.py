"""The frozen tree of a Go template, as `line_format` and `label_format` use them.

Source: the Go package documentation of text/template; Loki's "Template functions".

Next chapter: `prologue.logql.template`, which builds it.
"""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Text:
    """Literal output, trim markers already applied."""

    text: str


@dataclass(frozen=True, slots=True)
class Dot:
    """`.` alone: the current value."""


@dataclass(frozen=True, slots=True)
class Field:
    """`.a.b`: a label at the top, a key inside `with` and `range`."""

    path: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """`$name.a.b`; the name includes the `$`, and `$` alone is the template's whole input."""

    name: str
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Function:
    """The name of a function; the operands after it are its arguments."""

    name: str
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Constant:
    """A string, number, boolean, or `nil` (None). A character constant is its code point."""

    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Group:
    """`(pipeline).a.b`."""

    pipeline: Pipeline
    path: tuple[str, ...] = ()


Operand = Dot | Field | Variable | Function | Constant | Group


@dataclass(frozen=True, slots=True)
class Command:
    """A value, or a function and its arguments."""

    operands: tuple[Operand, ...]
    at: int = field(default=0, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands joined by `|`: each result is the last argument of the next.

    `variables` are set to the result: declared by `:=`, or assigned by `=`.
    """

    commands: tuple[Command, ...]
    variables: tuple[str, ...] = ()
    declares: bool = False


@dataclass(frozen=True, slots=True)
class Output:
    """`{{ pipeline }}`: its result is printed, unless it sets a variable."""

    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class If:
    """`{{if}} body {{else}} otherwise {{end}}`; `else if` nests."""

    pipeline: Pipeline
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class With:
    """Like `If`, and `.` is the pipeline's value inside the body."""

    pipeline: Pipeline
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Range:
    """The body once for each element; `otherwise` where there is none."""

    pipeline: Pipeline
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...] = ()


@dataclass(frozen=True, slots=True)
class Break:
    """`{{break}}`: leave the innermost range."""


@dataclass(frozen=True, slots=True)
class Continue:
    """`{{continue}}`: the next element of the innermost range."""


Node = Text | Output | If | With | Range | Break | Continue


@dataclass(frozen=True, slots=True)
class Template:
    """`source` as the user wrote it; `nodes` are what it means. Equal sources are equal templates."""

    source: str
    nodes: tuple[Node, ...] = field(compare=False, repr=False, default=())
