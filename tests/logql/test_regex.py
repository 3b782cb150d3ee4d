from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prologue.logql.problems import TextProblem
from prologue.logql.regex import scan_regex

GROUPS = {
    "none": ("a.*b", 0, ()),
    "numbered": ("(a)((b)c)", 3, ()),
    "named": ("(?P<x>a)(b)(?<y>c)", 3, (("x", 1), ("y", 3))),
    "not capturing": ("(?:a)(?i:b)(?i)c", 0, ()),
    "escaped parenthesis": (r"\(a\)", 0, ()),
    "parenthesis in a class": ("[(](a)[^)]", 1, ()),
    "bracket first in a class": ("[]a](b)", 1, ()),
    "escape in a class": (r"[\]](b)", 1, ()),
    "posix class": ("[[:alpha:]()]+", 0, ()),
    "quoted": (r"\Q(((\E(a)", 1, ()),
    "unicode class": (r"\pL\p{Greek}\x{10FFFF}", 0, ()),
    "end of text": (r"a\z", 0, ()),
    "a brace that is none": ("a{x}", 0, ()),
}


@pytest.mark.parametrize(("source", "count", "named"), GROUPS.values(), ids=GROUPS.keys())
def test_groups(source: str, count: int, named: tuple[tuple[str, int], ...]) -> None:
    groups = scan_regex(source)
    assert (groups.count, groups.named) == (count, named)


WRONG = {
    "open group": ("a(b", 1),
    "closing parenthesis": ("ab)", 2),
    "open class": ("a[b", 1),
    "look-ahead": ("a(?=b)", 1),
    "negative look-ahead": ("a(?!b)", 1),
    "look-behind": ("(?<=a)b", 0),
    "back-reference": (r"(a)\1", 3),
    "end of text, elsewhere": (r"a\Z", 1),
    "trailing backslash": ("ab\\", 2),
    "nothing to repeat": ("*a", 0),
    "nothing to repeat in a group": ("a(+b)", 2),
    "long repeat": ("a{1001}", 1),
    "group name": ("(?P<a-b>c)", 0),
    "atomic group": ("(?>a)", 0),
}


@pytest.mark.parametrize(("source", "offset"), WRONG.values(), ids=WRONG.keys())
def test_what_re2_has_not(source: str, offset: int) -> None:
    with pytest.raises(TextProblem) as caught:
        scan_regex(source)
    assert caught.value.offset == offset
    assert caught.value.cure


@given(st.text(alphabet="ab()[]{}?P<>:=!*+|\\^$i,0123Q"))
def test_any_text_is_scanned_or_refused(source: str) -> None:
    try:
        groups = scan_regex(source)
    except TextProblem as problem:
        assert 0 <= problem.offset <= len(source)
    else:
        assert groups.count >= len(groups.named)
