"""Expressions with references, fields and types, and the errors of people who write them."""

from __future__ import annotations

import doctest

import pytest

from prologue.parse.grok import library, translate
from prologue.parse.grok.errors import GrokError
from prologue.parse.grok.library import load
from prologue.parse.grok.translate import GrokField

OWN = {
    "A": "a+",
    "B": "b|%{A}",
    "LOOP": "x%{LOOPED}",
    "LOOPED": "%{LOOP}",
    "BROKEN": "a%{LOOKS}",
    "LOOKS": "(?=a)",
}


@pytest.mark.parametrize("module", [translate, library])
def test_examples_in_the_documentation(module):
    assert doctest.testmod(module).failed == 0


def test_a_definition_stays_together():
    assert translate.translate("%{B}+x", OWN).regex == "(?:b|(?:a+))+x"


def test_fields_and_types():
    grok = translate.translate("%{A:one:int} %{B:[two][three]:float} (?<four>x) %{A:five.six}", OWN)
    assert grok.regex == "(a+) (b|(?:a+)) (x) (a+)"
    assert grok.fields == (
        GrokField("one", "int", (1,)),
        GrokField("two.three", "float", (2,)),
        GrokField("four", "string", (3,)),
        GrokField("five.six", "string", (4,)),
    )


def test_a_field_in_two_branches_is_one_field():
    grok = translate.translate("%{A:x}|-%{B:x}", OWN)
    assert grok.fields == (GrokField("x", "string", (1, 2)),)


def test_own_definitions_win():
    assert translate.translate("%{WORD}", load(), {"WORD": "[a-z]+"}).regex == "(?:[a-z]+)"


REFUSED = {
    "an unknown pattern": ("a %{NOPE}", 2, "there is no pattern NOPE"),
    "a circle": ("%{LOOP}", 0, "the pattern LOOP contains itself (LOOP -> LOOPED -> LOOP)"),
    "a fault in a definition": (
        "x%{BROKEN}",
        1,
        "RE2 has no look-ahead, in the pattern LOOKS at character 1",
    ),
    "an unknown type": ("%{A:a:date}", 0, "there is no type `date`"),
    "a field that is none": ("%{A:a b}", 0, "`a b` is not a field's name"),
    "no reference": ("%{A:a:int:x}", 0, "`%{A:a:int:x}` is no reference"),
}


@pytest.mark.parametrize(("source", "offset", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(source, offset, message):
    with pytest.raises(GrokError) as caught:
        translate.translate(source, OWN)
    assert (caught.value.message, caught.value.offset) == (message, offset)
    assert caught.value.cure


def test_an_expression_cannot_grow_without_end():
    bomb = {"P0": "abcdefgh" * 8, **{f"P{n}": f"%{{P{n - 1}}}%{{P{n - 1}}}" for n in range(1, 40)}}
    with pytest.raises(GrokError, match="more than 65536 characters"):
        translate.translate("%{P39}", bomb)
