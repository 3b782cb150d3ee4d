"""Label texts: Prometheus' syntax with Go's string literals."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from prologue.model.errors import UserError
from prologue.model.labels import canonical
from prologue.receive.loki.labels import parse_labels, stream_of_text


@pytest.mark.parametrize(
    ("text", "labels"),
    [
        pytest.param("{}", {}, id="none"),
        pytest.param('{app="cart"}', {"app": "cart"}, id="one"),
        pytest.param(
            ' { app = "cart" , pod="p" , } ', {"app": "cart", "pod": "p"}, id="spaces and a last comma"
        ),
        pytest.param('{a=""}', {"a": ""}, id="empty value"),
        pytest.param('{a="b}c,d=\\"e\\""}', {"a": 'b}c,d="e"'}, id="syntax inside a value"),
        pytest.param(r'{a="\a\b\f\n\r\t\v\\\'\""}', {"a": "\a\b\f\n\r\t\v\\'\""}, id="simple escapes"),
        pytest.param(r'{a="\x41\101\u4e2d\U0001F600"}', {"a": "AA中😀"}, id="numeric escapes"),
        pytest.param(r'{a="\xe4\xb8\xad"}', {"a": "中"}, id="one character from three byte escapes"),
        pytest.param(r'{a="\xff"}', {"a": "\ufffd"}, id="a byte that is no UTF-8"),
        pytest.param("{a=`raw \\n`}", {"a": "raw \\n"}, id="back-ticks"),
        pytest.param("{a='single'}", {"a": "single"}, id="single quotes"),
        pytest.param('{a="日志"}', {"a": "日志"}, id="not ASCII"),
    ],
)
def test_parse(text, labels):
    assert parse_labels(text) == labels


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        pytest.param("", "not in braces", id="empty"),
        pytest.param("{", "not in braces", id="one brace"),
        pytest.param('app="cart"', "not in braces", id="no braces"),
        pytest.param('{app="cart"', "not in braces", id="open"),
        pytest.param("{app=cart}", "column 2", id="unquoted"),
        pytest.param('{a="1" b="2"}', "comma at column 8", id="no comma"),
        pytest.param('{a="1",,}', "column 8", id="two commas"),
        pytest.param('{a="1",a="2"}', "'a' twice", id="duplicate"),
        pytest.param('{9a="1"}', "column 2", id="name with a digit first"),
        pytest.param('{k8s.pod="1"}', "column 2", id="name with a dot"),
        pytest.param(r'{a="\q"}', "bad escape", id="unknown escape"),
        pytest.param(r'{a="\777"}', "bad escape", id="octal over a byte"),
        pytest.param(r'{a="\ud800"}', "bad escape", id="surrogate"),
        pytest.param(r'{a="\U00110000"}', "bad escape", id="beyond Unicode"),
        pytest.param('{a="1\n"}', "column 2", id="newline in quotes"),
        pytest.param("{" + " " * 60_000 + "?}", "column 2", id="many blanks"),
        pytest.param('{a="' + "\\" * 60_001 + '"}', "column 2", id="many backslashes"),
    ],
)
def test_wrong_texts_say_where(text, reason):
    with pytest.raises(UserError, match=reason) as caught:
        parse_labels(text)
    assert caught.value.code == "bad_labels"
    assert caught.value.cure


def test_many_labels():
    labels = {f"l{n}": str(n) for n in range(3000)}
    text = "{" + ",".join(f'{name}="{value}"' for name, value in labels.items()) + "}"
    assert parse_labels(text) == labels
    assert stream_of_text(text, False) == canonical(labels)


def test_a_text_without_end_is_refused():
    with pytest.raises(UserError, match="over 65536 characters"):
        stream_of_text('{a="' + "x" * 70_000 + '"}', True)


@pytest.mark.parametrize(
    ("text", "discover", "stream"),
    [
        pytest.param(
            '{b="2", app="cart"}', True, '{"app":"cart","b":"2","service_name":"cart"}', id="discovered"
        ),
        pytest.param('{b="2", app="cart"}', False, '{"app":"cart","b":"2"}', id="as sent"),
        pytest.param("{}", True, '{"service_name":"unknown_service"}', id="unknown"),
        pytest.param('{a="", b="1"}', False, '{"b":"1"}', id="empty values are none"),
    ],
)
def test_stream_of_text(text, discover, stream):
    assert stream_of_text(text, discover) == stream


def go_quote(value: str) -> str:
    """As Go's strconv.Quote writes printable text."""
    return '"' + value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


@settings(deadline=None)
@given(
    st.dictionaries(
        st.from_regex(r"[a-zA-Z_][a-zA-Z0-9_]{0,10}", fullmatch=True),
        st.text(st.characters(exclude_categories=["Cs"])),
        max_size=8,
    )
)
def test_what_go_quotes_is_read_back(labels):
    text = "{" + ", ".join(f"{name}={go_quote(value)}" for name, value in labels.items()) + "}"
    assert parse_labels(text) == labels


@settings(deadline=None)
@given(st.text(alphabet="{}ab=\",\\'`x0u \n", max_size=40))
def test_any_text_is_read_or_refused(text):
    try:
        parse_labels(text)
    except UserError as error:
        assert error.code == "bad_labels"
