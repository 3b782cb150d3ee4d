"""The YAML file: what is read, and the place and cure of every error."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prologue.config.schema import schema_of
from prologue.config.settings import Settings
from prologue.config.yaml_file import read_file, read_text
from prologue.model.errors import ConfigError

SCHEMA = schema_of(Settings)


def entries(text: str) -> dict[str, object]:
    return {entry.key.path: entry.raw for entry in read_text(text, "p.yaml", SCHEMA)}


READ = {
    "empty file": ("", {}),
    "only a comment": ("# nothing yet\n", {}),
    "sections": ("http:\n  listen: 0.0.0.0:80\n", {"http.listen": "0.0.0.0:80"}),
    "empty section": ("http:\n", {}),
    "key without a value": ("http:\n  listen:\n", {}),
    "numbers stay text": ("buffer: {seal_after: 0.5}", {"buffer.seal_after": "0.5"}),
    "YAML 1.1's octal and sexagesimal stay text": (
        "store: {retention_days: 010}",
        {"store.retention_days": "010"},
    ),
    "a word YAML takes for false": ("collect: {enabled: off}", {"collect.enabled": "off"}),
    "list": ("collect:\n  include:\n    - /a\n    - /b", {"collect.include": ["/a", "/b"]}),
    "list of one": ("collect: {include: '/a,b'}", {"collect.include": ["/a,b"]}),
    "map": ("store: {retention: {audit: 365}}", {"store.retention": {"audit": "365"}}),
    "anchors": (
        "collect:\n  include: &x [/a]\n  exclude: *x\n",
        {"collect.include": ["/a"], "collect.exclude": ["/a"]},
    ),
}


@pytest.mark.parametrize(("text", "expected"), READ.values(), ids=READ)
def test_read(text: str, expected: dict[str, object]) -> None:
    assert entries(text) == expected


REFUSED = {
    "unknown key": (
        "http:\n  lisen: x\n",
        "p.yaml:2:3: there is no setting http.lisen",
        "did you mean http.listen?",
    ),
    "unknown section": ("htp:\n  listen: x\n", "p.yaml:1:1: there is no setting htp", "did you mean http?"),
    "key at the top that belongs in a section": ("listen: x", "p.yaml:1:1", "did you mean http.listen?"),
    "nothing alike": ("zzzzzz: 1", "p.yaml:1:1", "prologue config show"),
    "twice": ("http: {}\nhttp: {}\n", "p.yaml:2:1: http is set twice, first in line 1", "keep one"),
    "not a section": ("http: 3100", "p.yaml:1:7: http is a section", "indented"),
    "not a mapping": ("- a\n", "p.yaml:1:1: the file is a set of sections", "indented"),
    "broken YAML": ("http: [\n", "p.yaml:2:1: not YAML", "indentation"),
    "tab": ("http:\n\tlisten: x\n", "p.yaml:2:1: not YAML", "not indented with tabs"),
    "nested in a list": (
        "collect: {include: [[a]]}",
        "p.yaml:1:21: collect.include holds a nested value",
        "plain",
    ),
    "nothing in a list": ("collect: {include: [~]}", "p.yaml:1:21: collect.include holds nothing", "plain"),
    "two documents": ("a: 1\n---\nb: 1\n", "p.yaml:2:1: not YAML", "check"),
    "a key that is a list": ("? [a]\n: b\n", "p.yaml:1:3: a key must be a word", "key: value"),
    "control character": ("a: \x00", "p.yaml: not YAML", "UTF-8"),
}


@pytest.mark.parametrize(("text", "message", "cure"), REFUSED.values(), ids=REFUSED)
def test_refused_with_place_and_cure(text: str, message: str, cure: str) -> None:
    with pytest.raises(ConfigError) as caught:
        entries(text)
    assert caught.value.message.startswith(message)
    assert cure in caught.value.cure


@given(st.text(alphabet=st.sampled_from("ab:{}[]-,'\"#&*!|>%@ \n\thlistenp."), max_size=60))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        entries(text)
    except ConfigError as error:
        assert error.message.startswith("p.yaml")
        assert error.cure


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="No such file"):
        read_file(tmp_path / "absent.yaml", SCHEMA)
    (tmp_path / "latin.yaml").write_bytes(b"# caf\xe9\n")
    with pytest.raises(ConfigError, match="not UTF-8 text: byte 5"):
        read_file(tmp_path / "latin.yaml", SCHEMA)
