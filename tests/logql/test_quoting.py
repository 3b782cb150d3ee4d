from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prologue.logql.quoting import QuoteProblem, quote, read_quoted

any_bytes = st.binary(max_size=30).map(lambda raw: raw.decode("utf-8", "surrogateescape"))


@given(st.text() | any_bytes)
def test_what_is_quoted_reads_back(value: str) -> None:
    literal = quote(value)
    assert read_quoted(literal, 0).value == value
    assert read_quoted(literal, 0).end == len(literal)


@given(st.text(alphabet='abé\\"`xu0\n'))
def test_any_text_after_a_quote_is_read_or_refused(text: str) -> None:
    try:
        quoted = read_quoted('"' + text, 0)
    except QuoteProblem as problem:
        assert 0 <= problem.offset <= len(text)
        assert problem.cure
    else:
        assert len(quoted.offsets) == len(quoted.value)


READ = {
    "every simple escape": (r'"\a\b\f\n\r\t\v\\\""', '\a\b\f\n\r\t\v\\"'),
    "hexadecimal bytes make a character": (r'"\xc3\xa9"', "é"),
    "a byte that is no text survives": (r'"\xff"', "\udcff"),
    "octal": (r'"\101"', "A"),
    "short code point": (r'"\u2603"', "☃"),
    "long code point": (r'"\U0001F600"', "😀"),
    "a raw string has no escapes": (r"`\n`", "\\n"),
    "a raw string drops carriage returns": ("`a\r\nb`", "a\nb"),
}


@pytest.mark.parametrize(("literal", "value"), READ.values(), ids=READ.keys())
def test_reading(literal: str, value: str) -> None:
    assert read_quoted(literal, 0).value == value


def test_offsets_point_at_the_source_of_each_character() -> None:
    assert read_quoted(r'x"a\n\u2603b"', 1).offsets == (2, 3, 5, 11)
