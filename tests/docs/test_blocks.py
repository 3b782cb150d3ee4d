"""The comparison behind the documentation's examples sees what differs, and only that."""

from __future__ import annotations

import pytest

from tests.docs.blocks import examples, unlike


@pytest.mark.parametrize(
    ("shown", "real", "says"),
    [
        ({"a": 1}, {"a": 0.5}, ""),
        ({"a": "x"}, {"a": "y"}, ""),
        ({"a": [1, 2]}, {"a": [3]}, ""),
        ({"a": []}, {"a": [1]}, ""),
        ({"a": 1}, {"a": "1"}, "answer.a is '1'"),
        ({"a": 1}, {"a": True}, "answer.a is True"),
        ({"a": None}, {"a": "x"}, "answer.a is 'x'"),
        ({"a": 1}, {"b": 1}, "answer has the keys ['b']"),
        ({"a": [1]}, {"a": []}, "answer.a is empty"),
        ({"a": 1, "...": 0}, {"a": 1, "b": "x"}, ""),
        ({"a": 1, "...": 0}, {"b": 1}, "answer has the keys ['b']"),
        ([{"a": 1}], [{"a": 1, "b": 2}], "answer[0] has the keys"),
    ],
)
def test_unlike(shown, real, says):
    found = unlike(shown, real, "answer")
    assert found.startswith(says)
    assert bool(found) == bool(says)


def test_examples_are_found_with_their_answers(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "```sh runnable\none\n```\n\n```json answer\n{}\n```\n```sh\nno\n```\n```sh runnable\ntwo\n```\n"
    )
    found = list(examples(page))
    assert [(e.command.text, e.answer.text if e.answer else None) for e in found] == [
        ("one\n", "{}\n"),
        ("two\n", None),
    ]
    assert str(found[1]) == "page.md:11"
