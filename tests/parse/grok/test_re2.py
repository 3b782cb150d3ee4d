"""Oniguruma in, RE2 out; what RE2 has not is refused where it stands."""

from __future__ import annotations

import pytest

from prologue.parse.grok.errors import GrokError
from prologue.parse.grok.re2 import tokens

TRANSLATED = {
    "an atomic group": (r"(?>\d\d){1,2}", r"(?:\d\d){1,2}"),
    "possessive quantifiers": (r"a++b*+c?+", "a+b*c?"),
    "a lazy quantifier": ("a+?b{2,3}?", "a+?b{2,3}?"),
    "a repetition repeated": ("(?:a)?*b", "(?:a)*b"),
    "a plain group": ("(a|b)c", "(?:a|b)c"),
    "hexadecimal digits": (r"\h{32}[\h-]", r"[0-9A-Fa-f]{32}[0-9A-Fa-f-]"),
    "the end of the text": (r"a\Z", r"a\n?\z"),
    "the end of a line": ("a$", "a(?m:$)"),
    "Ruby's multi-line": ("(?m)a.b", "(?s)a.b"),
    "flags for a group": ("(?i-m:a)", "(?i-s:a)"),
    "a class in a class": (r"[[[:alnum:]]_%]", r"[[:alnum:]_%]"),
    "a bracket in a class": (r"[a[]", r"[a\[]"),
    "a bracket that comes first": ("[]a][^]a]", r"[\]a][^\]a]"),
    "a short character code": (r"\x9\x21", r"\x09\x21"),
    "a code point": (r"\u00e9", r"\x{00e9}"),
    "an escape that means nothing": (r"\"\i", r"\"i"),
    "a brace that repeats nothing": ("Parameters: {a", r"Parameters: \{a"),
    "a repetition without a lower end": ("a{,3}", "a{0,3}"),
    "a comment": ("a(?#why)b", "ab"),
}


@pytest.mark.parametrize(("source", "expected"), TRANSLATED.values(), ids=TRANSLATED)
def test_translated(source, expected):
    assert "".join(token.text for token in tokens(source)) == expected


REFUSED = {
    "look-ahead": ("ab(?=c)", 2, "RE2 has no look-ahead"),
    "negative look-ahead": ("(?!a)", 0, "RE2 has no look-ahead"),
    "look-behind": ("a(?<=b)", 1, "RE2 has no look-behind"),
    "negative look-behind": ("(?<!b)", 0, "RE2 has no look-behind"),
    "a back-reference": (r"(a)\1", 3, "RE2 has no back-references"),
    "a named back-reference": (r"(?<x>a)\k<x>", 7, "RE2 has no back-references"),
    "an unknown group": ("(?~a)", 0, "RE2 has no group `(?~`"),
    "an open group": ("a(b", 1, "`(` is not closed"),
    "a group that closes nothing": ("a)", 1, "`)` closes nothing"),
    "an open class": ("a[b", 1, "`[` is not closed"),
    "an open reference": ("a%{WORD", 1, "`%{` is not closed"),
    "a last backslash": ("ab\\", 2, "the expression ends in a backslash"),
    "too many repetitions": ("a{1001}", 1, "RE2 repeats at most 1000 times"),
    "an intersection": ("[a-z&&[^b]]", 4, "RE2 has no intersection of classes"),
    "extended mode": ("(?x)a b", 0, "RE2 has no extended mode"),
}


@pytest.mark.parametrize(("source", "offset", "message"), REFUSED.values(), ids=REFUSED)
def test_refused(source, offset, message):
    with pytest.raises(GrokError) as caught:
        list(tokens(source))
    assert (caught.value.message, caught.value.offset) == (message, offset)
    assert caught.value.cure
