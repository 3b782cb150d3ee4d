"""The real journalctl over real journal files, made with systemd-journal-remote from 260 entries.

`data/one.journal.xz` holds entries 0 to 199 (number 3 has a message of 6,000 characters), and
`data/two.journal.xz` holds 200 to 259.
"""

from __future__ import annotations

import json
import lzma
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from prologue.collect.checkpoint import load
from prologue.model.errors import BufferFull

DATA = Path(__file__).parent / "data"

pytestmark = pytest.mark.skipif(
    shutil.which("journalctl") is None, reason="this machine has no journalctl, so no journal either"
)


@pytest.fixture
def journal(tmp_path: Path) -> Path:
    folder = tmp_path / "journal"
    folder.mkdir()
    unpack(folder, "one")
    return folder


def unpack(folder: Path, name: str) -> None:
    data = lzma.decompress((DATA / f"{name}.journal.xz").read_bytes())
    fresh = folder / f"{name}.unpacking"
    fresh.write_bytes(data)
    fresh.rename(folder / f"{name}.journal")


def messages(machine: Any) -> list[str]:
    data = b"".join(payload.data for payload in list(machine.sink.payloads))
    return [json.loads(line)["MESSAGE"].split(" accepted")[0] for line in data.splitlines()]


def orders(count: int) -> list[str]:
    return [f"order {number}" for number in range(count)]


def start(machine: Any, journal: Path, **changes: Any) -> Any:
    everything = {"journal": True, "journal_directory": journal, "journal_initial_s": 1e10}
    return machine.start(**(everything | {"files": False, "docker": False, "cri": False} | changes))


def test_the_past_and_what_follows(machine: Any, journal: Path, eventually: Callable[..., None]) -> None:
    start(machine, journal, chunk_bytes=4096)
    eventually(lambda: len(messages(machine)) >= 200)
    unpack(journal, "two")
    eventually(lambda: len(messages(machine)) >= 260)
    assert messages(machine) == orders(260)
    status = machine.status("journal")
    assert (status.kind, status.errors) == ("journal", ())
    payload = machine.sink.payloads[0]
    assert payload.params == {"framing": "journal"}
    assert payload.labels["source"] == "journal"
    assert all(payload.data.endswith(b"\n") for payload in machine.sink.payloads)


def test_long_fields_are_complete(machine: Any, journal: Path, eventually: Callable[..., None]) -> None:
    start(machine, journal)
    eventually(lambda: len(messages(machine)) >= 200)
    lines = b"".join(payload.data for payload in machine.sink.payloads).splitlines()
    assert len(json.loads(lines[3])["MESSAGE"]) > 6000


def test_a_restart_goes_on_after_the_last_entry(
    machine: Any, journal: Path, eventually: Callable[..., None]
) -> None:
    start(machine, journal)
    eventually(lambda: len(messages(machine)) >= 200)
    machine.stop()
    unpack(journal, "two")
    start(machine, journal)
    eventually(lambda: len(messages(machine)) >= 260)
    assert messages(machine) == orders(260)


@pytest.mark.parametrize("arrived", [True, False])
def test_a_crash_between_sending_and_hearing_of_it(
    machine: Any, journal: Path, eventually: Callable[..., None], arrived: bool
) -> None:
    """The checkpoint holds a promise; the sink's position decides whether it was kept."""
    machine.sink.hold = True
    start(machine, journal, chunk_bytes=4096)
    eventually(lambda: machine.sink.held)
    promise = load(machine.root / "data/collect.json").journal
    assert promise is not None
    assert promise.offset == 0
    assert promise.pending_offset > 0
    held = list(machine.sink.held)
    machine.stop()
    if arrived:
        machine.sink._store(held[0][1])
    machine.sink.held.clear()
    machine.sink.hold = False
    start(machine, journal)
    eventually(lambda: len(messages(machine)) >= 200)
    assert messages(machine) == orders(200)


def test_a_sink_that_tells_its_position_only_when_it_is_sent_something(
    machine: Any, journal: Path, eventually: Callable[..., None]
) -> None:
    """An agent whose server was away at the start: the promise that was kept shows by a conflict."""
    machine.sink.hold = True
    start(machine, journal, chunk_bytes=4096)
    eventually(lambda: machine.sink.held)
    held = list(machine.sink.held)
    machine.stop()
    machine.sink._store(held[0][1])
    machine.sink.held.clear()
    machine.sink.hold = False
    machine.sink.durable_position = lambda _source: 0
    start(machine, journal)
    eventually(lambda: len(messages(machine)) >= 200)
    assert messages(machine) == orders(200)


def test_back_pressure(machine: Any, journal: Path, eventually: Callable[..., None]) -> None:
    refusals = 3

    def refuse(_payload: Any) -> None:
        nonlocal refusals
        if refusals:
            refusals -= 1
            raise BufferFull("full", retry_after=0)

    machine.sink.on_append = refuse
    start(machine, journal)
    eventually(lambda: len(messages(machine)) >= 200)
    assert messages(machine) == orders(200)
    assert machine.collector.totals().retries == 3


def test_a_rate_holds_the_journal_up_and_drops_nothing(
    machine: Any, journal: Path, eventually: Callable[..., None]
) -> None:
    collector = start(machine, journal, chunk_bytes=4096, rate_limits={"journal": 20_000})
    eventually(lambda: len(messages(machine)) >= 200)
    assert messages(machine) == orders(200)
    [limited] = collector.limited()
    assert (limited.service, limited.rate) == ("journal", 20_000)
    assert limited.waited_s > 0


def test_a_journalctl_that_dies_is_started_again(
    machine: Any, journal: Path, eventually: Callable[..., None]
) -> None:
    start(machine, journal)
    eventually(lambda: len(messages(machine)) >= 200)
    machine.collector._journal._process.kill()
    unpack(journal, "two")
    eventually(lambda: len(messages(machine)) >= 260)
    assert messages(machine) == orders(260)


def test_a_journal_that_cannot_be_read_is_told(
    machine: Any, tmp_path: Path, eventually: Callable[..., None]
) -> None:
    start(machine, tmp_path / "nowhere")
    eventually(lambda: machine.status("nowhere").errors)
    assert "journalctl ended" in machine.status("nowhere").errors[0]


def test_no_journal_no_source(machine: Any) -> None:
    machine.start(journal=True)
    assert [status for status in machine.collector.status() if status.kind == "journal"] == []
