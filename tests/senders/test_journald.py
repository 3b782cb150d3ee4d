"""systemd-journal-upload, from Debian, with a journal that systemd-journal-remote wrote."""

from __future__ import annotations

import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tests.support.matrix import record
from tests.support.server import wait_until

UPLOAD = "/lib/systemd/systemd-journal-upload"
REMOTE = "/lib/systemd/systemd-journal-remote"
BOOT = "1531fd22ec84429e85ae888b12fadb91"
ENTRIES = 3000


def export(count: int) -> bytes:
    """Entries as a machine's journal has them, every tenth with a message of two lines, so a binary field."""
    now = 1_790_000_000_000_000
    parts = []
    for number in range(count):
        message = f"request {number} served".encode()
        if number % 10 == 0:
            message += b"\nwith a second line"
            said = b"MESSAGE\n" + len(message).to_bytes(8, "little") + message
        else:
            said = b"MESSAGE=" + message
        parts.append(
            b"__REALTIME_TIMESTAMP=%d\n__MONOTONIC_TIMESTAMP=%d\n_BOOT_ID=%s\n"
            % (now + number, number, BOOT.encode())
            + said
            + b"\nPRIORITY=%d\n_HOSTNAME=node-1\n_SYSTEMD_UNIT=cart.service\nSYSLOG_IDENTIFIER=python3\n"
            b"_PID=%d\nCODE_FILE=%s\n\n" % (number % 8, number, b"x" * 100)
        )
    return b"".join(parts)


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A journal file, written by systemd."""
    folder = tmp_path_factory.mktemp("journal")
    source, path = folder / "entries", folder / "node.journal"
    source.write_bytes(export(ENTRIES))
    subprocess.run([REMOTE, f"--output={path}", str(source)], check=True, capture_output=True, timeout=60)
    return path


def upload(url: str, journal: Path, state: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [UPLOAD, f"--url={url}/insert/journald", f"--file={journal}", f"--save-state={state}"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def run_upload(url: str, journal: Path, state: Path) -> None:
    """It goes on waiting for more entries, so it is ended once it noted that all were taken."""
    process = upload(url, journal, state)
    try:
        wait_until(lambda: state.exists() or process.poll() is not None)
        assert process.poll() is None, process.stderr.read()
    finally:
        process.terminate()
        process.communicate(timeout=30)


def test_systemd_journal_upload(prologue_server, stored, journal, tmp_path):
    run_upload(prologue_server.url, journal, tmp_path / "state")
    lines = stored('{source="journal", unit="cart.service"}', since="8760h")
    assert [line.body.split("\n")[0] for line in lines] == [f"request {n} served" for n in range(ENTRIES)]
    assert lines[10].body == "request 10 served\nwith a second line"
    assert lines[3].labels.items() >= {"host": "node-1", "service_name": "cart", "source": "journal"}.items()
    assert lines[3].attributes["_PID"] == "3"
    assert [line.attributes["detected_level"] for line in lines[:8]] == [
        *("fatal", "error", "error", "error", "warn", "info", "info", "debug"),
    ]
    assert lines[1].time - lines[0].time == 1000
    version = subprocess.run([UPLOAD, "--version"], capture_output=True, text=True, check=True).stdout
    record(
        sender="systemd-journal-upload",
        version=version.split()[1],
        protocol="Journal Export Format",
        sent=ENTRIES,
        stored=len(lines),
        attributes=set(lines[0].attributes) | set(lines[0].labels),
    )


def test_what_is_uploaded_again_is_stored_once(prologue_server, stored, journal, tmp_path):
    """Without the state file everything is sent again, as after an answer that was lost."""
    run_upload(prologue_server.url, journal, tmp_path / "first")
    run_upload(prologue_server.url, journal, tmp_path / "second")
    bodies = Counter(line.body for line in stored('{source="journal"}', since="8760h"))
    assert len(bodies) == ENTRIES
    assert set(bodies.values()) == {1}
