"""Every kind of AnyValue as an attribute's text and as a body."""

from __future__ import annotations

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prologue.model.errors import PayloadError
from prologue.receive.otlp.values import body_of, flatten, number_text
from prologue.receive.wire.otlp_pb2 import AnyValue

KINDS = {
    "text": ("日志", [("a", "日志")], "日志".encode()),
    "empty text": ("", [("a", "")], b""),
    "true": (True, [("a", "true")], b"true"),
    "false": (False, [("a", "false")], b"false"),
    "integer": (-(2**63), [("a", "-9223372036854775808")], b"-9223372036854775808"),
    "zero": (0, [("a", "0")], b"0"),
    "double": (0.1, [("a", "0.1")], b"0.1"),
    "whole double": (3.0, [("a", "3")], b"3"),
    "not a number": (math.nan, [("a", "NaN")], b"NaN"),
    "bytes": (b"\x00\xff", [("a", "AP8=")], b"\x00\xff"),
    "list": (["x", 1, 1.5, True, b"\xff", None], [("a", '["x",1,1.5,true,"/w==",null]')], None),
    "map": ({"b": 1, "c": {"d": "e"}}, [("a_b", "1"), ("a_c_d", "e")], b'{"b":1,"c":{"d":"e"}}'),
    "list of maps": ([{"b": math.inf}], [("a", '[{"b":"Infinity"}]')], b'[{"b":"Infinity"}]'),
    "empty map": ({}, [("a", "{}")], b"{}"),
    "empty list": ([], [("a", "[]")], b"[]"),
    "nothing": (None, [("a", "")], b""),
}


@pytest.mark.parametrize("name", KINDS)
def test_kinds(otlp_value, name):
    sent, pairs, body = KINDS[name]
    value = AnyValue.FromString(otlp_value(sent).SerializeToString())
    assert flatten("a", value) == pairs
    assert body_of(value) == (pairs[0][1].encode() if body is None else body)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0.0, "0"),
        (-0.0, "-0"),
        (1e20, "100000000000000000000"),
        (1e21, "1e+21"),
        (1e-6, "0.000001"),
        (1.5e-7, "1.5e-7"),
        (123.456, "123.456"),
        (5e-324, "5e-324"),
        (-math.inf, "-Infinity"),
    ],
)
def test_numbers_read_as_go_writes_them(number, text):
    assert number_text(number) == text


@settings(deadline=None)
@given(st.floats(allow_nan=False))
def test_numbers_read_back(number):
    assert float(number_text(number)) == number


def test_too_many_leaves(otlp_value):
    value = AnyValue.FromString(otlp_value({str(n): n for n in range(1001)}).SerializeToString())
    with pytest.raises(PayloadError, match="more than 1000 values"):
        flatten("a", value)


def test_a_long_name_is_not_repeated_for_every_leaf(otlp_value):
    value = AnyValue.FromString(otlp_value({"k" * 5000: {"a": 1, "b": 2}}).SerializeToString())
    with pytest.raises(PayloadError, match="over 4096 characters"):
        flatten("a", value)
