"""The cheap expression finds the same groups wherever the exact one matches.

Python's `re` prefers branches as RE2 does, so it can judge thousands of small expressions quickly.
"""

from __future__ import annotations

import doctest
import re

from hypothesis import given, settings
from hypothesis import strategies as st

from prologue.parse.grok import relax
from prologue.parse.grok.translate import translate

LIBRARY = {
    "INT": "[+-]?[0-9]+",
    "WORD": r"\b\w+\b",
    "NAME": r"(?:%{INT}|[a-c]+)",
    "DATA": ".*?",
    "NOTSPACE": r"\S+",
    "DASH": "(?:-|%{INT:dash})",
    "PAIR": "%{WORD:key}=%{NOTSPACE:value}",
}


def test_example_in_the_documentation():
    assert doctest.testmod(relax).failed == 0


def test_nothing_is_gained_without_a_delimiter():
    assert translate("%{DATA:a}%{INT:b}", LIBRARY).fast == ""
    assert translate("%{INT:a} |%{INT:b}", LIBRARY).fast == ""


def test_a_part_that_may_contain_its_delimiter_stays():
    assert translate("%{INT:a}-%{WORD:b} x", LIBRARY).fast == ""
    assert translate("%{WORD:a} %{INT:b}-x", LIBRARY).fast == "^([^ ]*) ([+-]?[0-9]+)-x"


def test_a_dash_for_nothing():
    assert translate("%{DASH} x", LIBRARY).fast == "^(?:-|([^ ]*)) x"


_part = st.sampled_from(
    [
        *(f"%{{{name}}}" for name in LIBRARY),
        "%{INT:a}",
        "%{NAME:b}",
        "%{WORD:c}",
        "(?:%{INT:d}|-)",
        "(?:%{WORD:e} )?",
    ]
)
_between = st.sampled_from([" ", ": ", "-", "=", "", '"', r"\[", " +"])


@settings(max_examples=400, deadline=None)
@given(
    st.lists(st.tuples(_part, _between), min_size=1, max_size=5),
    st.lists(st.text('1a-_= :"[+', min_size=12, max_size=12), min_size=4, max_size=4),
    st.data(),
)
def test_the_same_groups(parts, noise, data):
    grok = translate("".join(part + between for part, between in parts), LIBRARY)
    exact, fast = re.compile(f"^(?:{grok.regex})"), re.compile(grok.fast or f"^(?:{grok.regex})")
    likely = data.draw(
        st.from_regex(exact.pattern, alphabet=st.sampled_from('1a-_= :"[+')), "a text that matches"
    )
    for text in [likely, *noise]:
        found = exact.match(text)
        if found:
            again = fast.match(text)
            assert again is not None
            assert again.groups() == found.groups()
