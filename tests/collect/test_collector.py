"""The collector as a whole: containers, pods, many files, starting and stopping."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

from prologue.collect.collector import Collector
from prologue.collect.settings import CollectSettings

POD = "pods/shop_cart-1_0f3a/cart/0.log"


def test_pods_and_containers_carry_their_framing(machine: Any, eventually: Callable[..., None]) -> None:
    machine.log(POD, b"2026-11-23T00:00:00Z stdout F hello\n")
    (machine.logs / "containers").mkdir()
    (machine.logs / "containers/cart.log").symlink_to(f"../{POD}")
    container = machine.root / "var/lib/docker/containers/abc"
    container.mkdir(parents=True)
    line = json.dumps({"log": "hi\n", "stream": "stdout", "time": "t"}, separators=(",", ":")).encode()
    (container / "abc-json.log").write_bytes(line + b"\n")
    machine.log("a.log", b"plain\n")
    machine.start()
    eventually(lambda: len(machine.sink.payloads) >= 3)
    framings = {payload.labels["source"]: dict(payload.params) for payload in machine.sink.payloads}
    plain = {"timestamp": "detect", "time_zone": "UTC"}
    assert framings == {"cri": {"framing": "cri"}, "docker": {"framing": "docker"}, "file": plain}
    assert len(machine.sink.payloads) == 3


def test_a_broken_up_line_of_a_pod_is_never_in_two_payloads(machine: Any) -> None:
    head = b"2026-11-23T00:00:00Z stdout "
    parts = [[head + b"P %03d-%d\n" % (n, k) for k in range(n % 5)] for n in range(200)]
    groups = [b"".join(part) + head + b"F end\n" for part in parts]
    machine.log(POD, b"".join(groups))
    machine.start(chunk_bytes=1000)
    machine.expect(b"".join(groups))
    assert len(machine.sink.payloads) > 10
    for payload in machine.sink.payloads:
        assert b" F end\n" in payload.data[-len(head) - 8 :]


def test_an_open_group_waits_for_its_end(machine: Any) -> None:
    head = b"2026-11-23T00:00:00Z stdout "
    path = machine.log(POD, head + b"F whole\n" + head + b"P begin\n")
    machine.start(partial_after_s=None)
    machine.expect(head + b"F whole\n")
    with path.open("ab") as file:
        file.write(head + b"F end\n")
    machine.expect(head + b"F whole\n" + head + b"P begin\n" + head + b"F end\n")


def test_a_deleted_pods_lines_are_read_before_they_are_gone(machine: Any) -> None:
    path = machine.log(POD, b"2026-11-23T00:00:00Z stdout F one\n")
    machine.start()
    machine.expect(b"2026-11-23T00:00:00Z stdout F one\n")
    with path.open("ab") as file:
        file.write(b"2026-11-23T00:00:01Z stdout F last words\n")
        file.flush()
        path.unlink()
        path.parent.rmdir()
    machine.expect(b"2026-11-23T00:00:00Z stdout F one\n2026-11-23T00:00:01Z stdout F last words\n")


def test_many_files(machine: Any, eventually: Callable[..., None]) -> None:
    paths = [machine.log(f"d{n % 20}/f{n}.log", b"first\n") for n in range(1000)]
    machine.start()
    assert len(machine.collector.status()) == 1000
    eventually(lambda: len(machine.sink.payloads) == 1000)
    for path in paths[::50]:
        with path.open("ab") as file:
            file.write(b"second\n")
    eventually(lambda: len(machine.sink.payloads) == 1020)
    assert sorted(machine.sink.lines()) == [b"first\n"] * 1000 + [b"second\n"] * 20
    totals = machine.collector.totals()
    assert (totals.sources, totals.lost_bytes, totals.resets, totals.checkpoint_error) == (1000, 0, 0, "")


def test_stop_waits_for_what_was_read(machine: Any, eventually: Callable[..., None]) -> None:
    machine.log("a.log", b"line\n")
    machine.sink.hold = True
    machine.start()
    eventually(lambda: machine.sink.held)
    assert not machine.collector.stop(0.05)
    machine.collector = None
    machine.sink.held.clear()
    machine.sink.hold = False
    machine.start()
    machine.expect(b"line\n")


def test_own_data_is_not_collected(machine: Any) -> None:
    own = machine.logs / "prologue"
    machine.log("prologue/segment.log", b"own\n")
    machine.log("a.log", b"1\n")
    machine.start(exclude_folders=(own,))
    machine.expect(b"1\n")
    assert len(machine.collector.status()) == 1


def test_a_damaged_checkpoint_is_told(tmp_path: Path, machine: Any) -> None:
    machine.log("a.log", b"1\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data/collect.json").write_text("{")
    machine.start()
    machine.expect(b"1\n")
    assert "twice" in machine.collector.problems()[0]


def test_never_started_stops_cleanly(tmp_path: Path, machine: Any) -> None:
    collector = Collector(machine.sink, tmp_path / "d", CollectSettings(root=tmp_path, journal=False))
    assert collector.stop(1.0)


def test_every_setting_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs/collect.md").read_text()
    missing = [field.name for field in fields(CollectSettings) if f"`{field.name}`" not in text]
    assert missing == []
