from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prologue.logql.problems import TextProblem
from prologue.logql.template import known_functions, parse_template
from prologue.logql.template_nodes import (
    Break,
    Command,
    Constant,
    Continue,
    Dot,
    Field,
    Function,
    Group,
    If,
    Node,
    Operand,
    Output,
    Pipeline,
    Range,
    Text,
    Variable,
    With,
)


def pipe(*commands: tuple[Operand, ...], variables: tuple[str, ...] = (), declares: bool = False) -> Pipeline:
    return Pipeline(tuple(Command(operands) for operands in commands), variables, declares)


A, B = Field(("a",)), Field(("b",))
TREES: dict[str, tuple[str, tuple[Node, ...]]] = {
    "nothing": ("", ()),
    "text": ("a { b }", (Text("a { b }"),)),
    "label": ("x {{.a}} y", (Text("x "), Output(pipe((A,))), Text(" y"))),
    "path": ("{{.a.b}}", (Output(pipe((Field(("a", "b")),))),)),
    "dot": ("{{.}}", (Output(pipe((Dot(),))),)),
    "call": (
        '{{replace "x" `y` .a}}',
        (Output(pipe((Function("replace"), Constant("x"), Constant("y"), A))),),
    ),
    "pipeline": (
        "{{ .a | lower | trunc -5 }}",
        (Output(pipe((A,), (Function("lower"),), (Function("trunc"), Constant(-5)))),),
    ),
    "constants": (
        "{{print 1 2.5 0x10 'a' true nil}}",
        (
            Output(
                pipe(
                    (Function("print"), *map(Constant, (1, 2.5, 16, 97, True, None))),
                )
            ),
        ),
    ),
    "parentheses": (
        "{{ (index .a 0).b }}",
        (Output(pipe((Group(pipe((Function("index"), A, Constant(0))), ("b",)),))),),
    ),
    "trim left": ("a \n{{- .a}}", (Text("a"), Output(pipe((A,))))),
    "trim right": ("{{.a -}} \t b", (Output(pipe((A,))), Text("b"))),
    "a minus that is a sign": ("{{-3}}", (Output(pipe((Constant(-3),))),)),
    "comment": ("a{{/* x }} y */}}b", (Text("a"), Text("b"))),
    "comment that trims": ("a {{- /* x */ -}} b", (Text("a"), Text("b"))),
    "if": ("{{if .a}}x{{end}}", (If(pipe((A,)), (Text("x"),)),)),
    "if else": ("{{if .a}}x{{else}}y{{end}}", (If(pipe((A,)), (Text("x"),), (Text("y"),)),)),
    "else if": (
        "{{if .a}}x{{else if .b}}y{{else}}z{{end}}",
        (If(pipe((A,)), (Text("x"),), (If(pipe((B,)), (Text("y"),), (Text("z"),)),)),),
    ),
    "with": ("{{with .a}}{{.}}{{end}}", (With(pipe((A,)), (Output(pipe((Dot(),))),)),)),
    "range": (
        "{{range $i, $q := fromJson .a}}{{$i}}{{$q.b}}{{end}}",
        (
            Range(
                pipe((Function("fromJson"), A), variables=("$i", "$q"), declares=True),
                (Output(pipe((Variable("$i"),))), Output(pipe((Variable("$q", ("b",)),)))),
            ),
        ),
    ),
    "break and continue": (
        "{{range .a}}{{if .b}}{{break}}{{end}}{{continue}}{{end}}",
        (Range(pipe((A,)), (If(pipe((B,)), (Break(),)), Continue())),),
    ),
    "variables": (
        "{{$x := .a}}{{$x = .b}}{{$x}}",
        (
            Output(pipe((A,), variables=("$x",), declares=True)),
            Output(pipe((B,), variables=("$x",))),
            Output(pipe((Variable("$x"),))),
        ),
    ),
    "the whole input": ("{{$.a}}", (Output(pipe((Variable("$", ("a",)),))),)),
}


@pytest.mark.parametrize(("source", "nodes"), TREES.values(), ids=TREES.keys())
def test_trees(source: str, nodes: tuple[Node, ...]) -> None:
    assert parse_template(source).nodes == nodes


WRONG = {
    "open action": ("ab {{.a", 3, "}}"),
    "empty action": ("{{}}", 0, "function"),
    "no such function": ("{{.a | uper}}", 7, "upper"),
    "a label without its dot": ("{{status}}", 2, ".status"),
    "too few arguments": ('{{replace "a"}}', 2, "last argument"),
    "too many arguments": ("{{lower .a .b}}", 2, "last argument"),
    "arguments after a value": ("{{.a .b}}", 2, "function"),
    "no value after a pipe": ("{{.a | }}", 7, "function"),
    "end of nothing": ("a{{end}}", 1, "remove"),
    "else of nothing": ("{{else}}", 0, "remove"),
    "if without end": ("x{{if .a}}", 1, "{{end}}"),
    "second else": ("{{if .a}}{{else}}{{else}}{{end}}", 0, "{{end}}"),
    "range else range": ("{{range .a}}{{else range .b}}{{end}}", 12, "{{else}}"),
    "unknown variable": ("{{$x}}", 2, ":="),
    "assignment before declaration": ("{{$x = 1}}", 2, ":="),
    "variable after its block": ("{{if $x := .a}}{{end}}{{$x}}", 24, ":="),
    "break outside": ("{{break}}", 0, "range"),
    "define": ('{{define "x"}}{{end}}', 0, "in place"),
    "open parenthesis": ("{{ (lower .a }}", 3, ")"),
    "closed twice": ("{{ .a ) }}", 6, "remove"),
    "open string": ('{{ "a }}', 3, "close it"),
    "strange character": ("{{ .a & .b }}", 6, ".labels"),
    "long character": ("{{ 'ab' }}", 3, "one character"),
    "touching arguments": ('{{contains("a" .b)}}', 10, "blanks"),
}


@pytest.mark.parametrize(("source", "offset", "cure"), WRONG.values(), ids=WRONG.keys())
def test_problems_point_and_cure(source: str, offset: int, cure: str) -> None:
    with pytest.raises(TextProblem) as caught:
        parse_template(source)
    assert (caught.value.offset, cure in caught.value.cure) == (offset, True), caught.value.cure


PIECES = [
    "{{",
    "}}",
    "-",
    " ",
    ".a",
    "$x",
    ":=",
    "|",
    "(",
    ")",
    "if ",
    "end",
    "else ",
    "range ",
    '"',
    "`",
    "'",
    "lower",
    "5",
]


@settings(max_examples=400, deadline=None)
@given(st.lists(st.sampled_from(PIECES) | st.text(max_size=2), max_size=20).map("".join))
def test_no_text_crashes_the_parser(source: str) -> None:
    try:
        template = parse_template(source)
    except TextProblem as problem:
        assert 0 <= problem.offset <= len(source)
        assert problem.cure
    else:
        assert template.source == source


def test_the_documented_functions_are_known() -> None:
    documented = """
        __line__ __timestamp__ date duration duration_seconds now toDate toDateInZone unixEpoch
        unixEpochMillis unixEpochNanos unixToTime alignLeft alignRight b64enc b64dec bytes default
        fromJson lower indent nindent repeat printf replace substr title trim trimAll trimPrefix
        trimSuffix trunc upper urlencode urldecode contains eq hasPrefix hasSuffix add addf ceil div
        divf float64 floor int max maxf min minf mul mulf mod round sub subf count regexReplaceAll
        regexReplaceAllLiteral and or not ne lt le gt ge len index print println html js urlquery
        slice
    """
    assert set(documented.split()) <= set(known_functions())
