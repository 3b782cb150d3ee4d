"""Records of several lines in files: cut where one begins, held until it is over, exactly once."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from prologue.app.collecting import collect_settings
from prologue.collect.chunks import Framing, cut
from prologue.collect.discover import Discovery
from prologue.collect.file import Chunk, Start, TailedFile
from prologue.collect.identity import key_of
from prologue.collect.kind import Found
from prologue.collect.multiline import cut_records, read_rule
from prologue.collect.settings import CollectSettings, FilePattern
from prologue.config.settings import Collect, Settings
from prologue.model.errors import ConfigError
from prologue.model.multiline import PRESETS, Rule, to_param
from prologue.model.payload import Payload, PayloadFormat
from prologue.ship.unwrap import unwrap
from tests.support.traces import LANGUAGES, cri, docker, plain, records_of

WRAPPINGS: dict[Framing, Callable[..., bytes]] = {
    Framing.PLAIN: lambda records, other=False: plain(records),
    Framing.DOCKER: docker,
    Framing.CRI: cri,
}


def bodies(data: bytes, framing: Framing, rule: Rule) -> list[tuple[str, str]]:
    params = {"framing": framing.value, "multiline": to_param(rule)}
    found = unwrap(Payload("t", PayloadFormat.LINES, data, 0, {}, params))
    return [(a.get("stream", ""), body) for a, body in zip(found.attributes, found.bodies, strict=True)]


@pytest.mark.parametrize("other", [False, True], ids=["alone", "alternating"])
@pytest.mark.parametrize("framing", WRAPPINGS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_was_read_no_record_is_cut(language: str, framing: Framing, other: bool) -> None:
    rule = PRESETS[language]
    data = WRAPPINGS[framing](records_of(language) * 3, other=other)
    whole = sorted(bodies(data, framing, rule))
    rng = random.Random(language)
    for _ in range(60):
        end = cut(data[: rng.randrange(len(data))], framing)
        at = cut_records(data, end, framing, rule)
        parts = [part for part in (data[:at], data[at:]) if part]
        assert sorted(b for part in parts for b in bodies(part, framing, rule)) == whole


def test_a_stream_that_is_long_silent_holds_nothing_up() -> None:
    lines = [b"t stderr F once\n"] + [b"t stdout F %06d\n" % n for n in range(20_000)]
    data = b"".join(lines)
    assert cut_records(data, len(data), Framing.CRI, PRESETS["java"]) == len(data) - len(lines[-1])


def test_a_record_larger_than_the_window_is_found() -> None:
    data = b"first\nsecond\n" + b"\tat x\n" * 50_000
    assert cut_records(data, len(data), Framing.PLAIN, PRESETS["java"]) == 6


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("jvaa", "java"),
        ("start: (", "character"),
        (r"start: (?=x)", "character 1"),
        ("continuation: [a", "char"),
        ("start: " + "x" * 1001, "long"),
    ],
)
def test_a_wrong_rule_is_refused(text: str, where: str) -> None:
    with pytest.raises(ConfigError) as raised:
        read_rule(text, "/a.log")
    assert where in f"{raised.value}; {raised.value.cure}"
    assert raised.value.cure
    assert raised.value.key == "collect.multiline"
    assert "/a.log" in str(raised.value)


def test_rules() -> None:
    assert read_rule("java", "k") is PRESETS["java"]
    assert read_rule(r"start: ^\d", "k") == Rule(start=r"^\d")
    assert read_rule(r"continuation:^\s", "k") == Rule(continuation=r"^\s")


class Reader:
    """A file with a rule, and a clock of its own."""

    def __init__(self, path: Path, **changes: Any) -> None:
        self.path = path
        path.touch()
        self.settings = replace(CollectSettings(), multiline_wait_s=1.0, **changes)
        fd = os.open(path, os.O_RDONLY)
        found = Found(str(path), "file", Framing.PLAIN, {}, multiline=PRESETS["java"])
        self.now = 0.0
        self.file = TailedFile(fd, key_of(fd), found, Start("s", 0), 0.0)

    def write(self, data: bytes) -> None:
        with self.path.open("ab") as file:
            file.write(data)

    def read(self, after: float = 0.0) -> bytes | None:
        self.now += after
        chunk: Chunk | None = self.file.read(self.now, self.settings)
        if chunk is None:
            return None
        self.file.acknowledge()
        return chunk.data


@pytest.fixture
def reader(tmp_path: Path) -> Any:
    made: list[Reader] = []

    def make(**changes: Any) -> Reader:
        made.append(Reader(tmp_path / "a.log", **changes))
        return made[-1]

    yield make
    for each in made:
        each.file.close()


def test_a_trace_in_pieces_over_time_is_one(reader: Any) -> None:
    file = reader()
    file.write(b"one\nboom\n")
    assert file.read() == b"one\n"
    for _ in range(3):
        file.write(b"\tat x\n")
        assert file.read(0.9) is None
    file.write(b"\tat par")
    assert file.read(0.9) is None
    file.write(b"tial\nnext\n")
    assert file.read(0.1) == b"boom\n" + b"\tat x\n" * 3 + b"\tat partial\n"
    assert file.read(0.9) is None
    assert file.read(0.2) == b"next\n"
    file.write(b"\tat late\n")
    assert file.read() is None
    assert file.read(1.1) == b"\tat late\n"
    assert file.file.split_lines == 0


def test_a_record_that_never_ends_is_held_for_a_bounded_time(reader: Any) -> None:
    file = reader()
    file.write(b"boom\n")
    got, waited = file.read(), 0.0
    while got is None and waited < 20:
        file.write(b"\tat x\n")
        waited += 0.5
        got = file.read(0.5)
    assert got is not None
    assert got.startswith(b"boom\n\tat x\n")
    assert waited == 5.0


def test_a_record_over_the_limit_is_cut_at_a_line(reader: Any) -> None:
    file = reader(chunk_bytes=1000, max_line_bytes=4000)
    data = b"boom\n" + b"\tat x\n" * 1000 + b"next\n"
    file.write(data)
    parts = [file.read()]
    assert len(parts[0]) <= 4000
    assert parts[0].endswith(b"\n")
    assert file.file.split_lines == 1
    while (part := file.read(2.0)) is not None:
        parts.append(part)
    assert b"".join(parts) == data


def test_the_last_record_of_a_finished_file_is_not_held(reader: Any) -> None:
    file = reader()
    file.write(b"boom\n\tat x\n")
    assert file.read() is None
    file.file.finishing = True
    assert file.read() == b"boom\n\tat x\n"


def is_at_least(machine: Any, size: int) -> bool:
    return len(machine.sink.bytes_of()) >= size


@pytest.mark.parametrize("chunk", [64, 1000])
def test_through_crashes_each_record_is_whole_and_once(
    machine: Any, eventually: Callable[..., None], chunk: int
) -> None:
    rule = PRESETS["java"]
    records = records_of("java") * 20
    path = machine.log("a.log")
    pattern = FilePattern("/var/log/*.log", multiline=rule)
    machine.defaults |= {
        "include": (pattern,),
        "chunk_bytes": chunk,
        "multiline_wait_s": 60.0,
        "deleted_wait_s": 0.2,
    }
    rng = random.Random(chunk)
    data, at = plain(records), 0
    machine.start()
    while at < len(data):
        step = rng.randrange(1, 3000)
        with path.open("ab") as file:
            file.write(data[at : at + step])
        at += step
        eventually((machine.root / "data/collect.json").exists)
        # The last record of what was written is held, and no record is longer than this.
        wanted = min(at, len(data)) - 3000
        eventually(partial(is_at_least, machine, rng.randrange(max(1, wanted))))
        machine.crash()
        machine.start()
    machine.status("a.log")
    path.unlink()
    machine.expect(data)
    sent = [b for p in machine.sink.payloads for _, b in bodies(bytes(p.data), Framing.PLAIN, rule)]
    assert sent == [record.decode() for record in records]
    assert all(p.params["multiline"] for p in machine.sink.payloads)


def test_a_file_and_a_container_have_the_rule_that_they_ask_for(tmp_path: Path) -> None:
    def make(path: str, text: str) -> str:
        file = tmp_path / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
        return str(file)

    container = "var/lib/docker/containers/{0}/{0}-json.log"
    for name, rule in (("a", "go"), ("b", "start: x")):
        papers = {"Name": name, "Config": {"Labels": {"prologue.io/multiline": rule}}}
        make(f"var/lib/docker/containers/{name}/config.v2.json", json.dumps(papers))
    chosen = FilePattern("/srv/*.log", multiline=PRESETS["java"])
    plain_file = FilePattern("/var/log/*.log")
    discovery = Discovery(CollectSettings(root=tmp_path, include=(chosen, plain_file)))

    def found(path: str) -> Found:
        answer = discovery.match(make(path, "x\n"))
        assert answer is not None
        return answer

    assert found("srv/x.log").multiline is PRESETS["java"]
    assert found("var/log/x.log").multiline is None
    assert found(container.format("a")).multiline is PRESETS["go"]
    wrong = found(container.format("b"))
    assert wrong.multiline is None
    assert "java" in wrong.problem


def test_the_configuration_names_the_rule_and_its_key(tmp_path: Path) -> None:
    def chosen(rule: str) -> CollectSettings:
        collect = Collect(multiline={"/srv/*.log": rule}, multiline_wait=2.5)
        return collect_settings(Settings(data_dir=tmp_path, collect=collect))

    settings = chosen("python")
    assert [i.multiline for i in settings.include if i.pattern == "/srv/*.log"] == [PRESETS["python"]]
    assert settings.multiline_wait_s == 2.5
    with pytest.raises(ConfigError) as raised:
        chosen("start: (?=a)")
    assert raised.value.key == "collect.multiline"
