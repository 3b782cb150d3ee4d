"""Files that are not UTF-8: each line arrives as UTF-8, whatever the chunks, through appends and restarts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from prologue.collect.encoding import UTF16_BE, UTF16_LE, cut_wide, require_encoding, to_utf8
from prologue.collect.settings import FilePattern
from prologue.model.errors import ConfigError

TEXT = "".join(f"{number}: \u4f60\u597d, \u0a0a\u0a0d \u65e5\u5fd7\n" for number in range(200))


@pytest.mark.parametrize(
    "encoding", ["gbk", "gb18030", "big5", "shift_jis", "utf-16", "utf-16-be", "utf-16-le"]
)
def test_lines_arrive_as_utf_8(machine: Any, eventually: Callable[..., None], encoding: str) -> None:
    text = (
        TEXT if encoding.startswith("utf") else TEXT.replace("\u0a0a\u0a0d", "").replace("\u4f60", "\u65e5")
    )
    half = len(text) // 2
    machine.sink.converted = True
    machine.defaults = {
        "include": (FilePattern("/var/log/*.log", encoding=encoding),),
        "chunk_bytes": 300,
        "partial_after_s": None,
    }
    data = text.encode(encoding)
    log = machine.log("a.log", data[:half])
    machine.start()
    eventually(lambda: machine.sink.payloads)
    machine.stop()
    with log.open("ab") as file:
        file.write(data[half:])
    machine.start()
    eventually(lambda: len(machine.sink.bytes_of()) >= len(text.encode()))
    assert machine.sink.bytes_of().decode() == text


@given(lines=st.lists(st.text(st.characters(blacklist_categories=["Cs"]), max_size=8), max_size=6))
@pytest.mark.parametrize("encoding", [UTF16_LE, UTF16_BE])
def test_utf_16_is_cut_after_its_last_line_feed(encoding: str, lines: list[str]) -> None:
    text = "\n".join(lines)
    whole, feed, _ = text.rpartition("\n")
    assert cut_wide(text.encode(encoding), encoding) == len((whole + feed).encode(encoding))


def test_what_cannot_be_decoded_is_replaced_and_a_mark_is_dropped() -> None:
    assert to_utf8(b"a\xff\n", "gbk", is_start=True) == "a\ufffd\n".encode()
    assert to_utf8("\ufeffx".encode("utf-16-le"), UTF16_LE, is_start=True) == b"x"
    assert to_utf8("\ufeffx".encode("utf-16-le"), UTF16_LE, is_start=False) == "\ufeffx".encode()


@pytest.mark.parametrize("name", ["nonsense", "utf-7", "utf-32", "hex", "cp037"])
def test_encodings_that_cannot_be_cut_are_refused(name: str) -> None:
    with pytest.raises(ConfigError, match="there is no encoding"):
        require_encoding(name, "collect.encodings")


def test_names_are_the_codec_s() -> None:
    assert require_encoding("GBK", "k") == "gbk"
    assert require_encoding("latin1", "k") == "iso8859-1"
