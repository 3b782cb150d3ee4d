"""What the buffer keeps apart: batches the engine refused, bytes the disk damaged."""

from __future__ import annotations

from prologue.buffer.filesystem import FileSystem
from prologue.buffer.quarantine import FOLDER as QUARANTINE
from prologue.buffer.setaside import SetAside
from prologue.cli.doctor.finding import Finding, Patient


def check_buffer(patient: Patient) -> list[Finding]:
    """Whether anything that was acknowledged waits for somebody to look at it."""
    directory = patient.settings.data_dir / "buffer"
    found = []
    if kept := SetAside(FileSystem(), directory).kept():
        found.append(
            Finding(
                "set aside",
                "wrong",
                f"{len(kept)} batches that the engine refused, the oldest because: {kept[0].reason}",
                "mend that (often with a newer version), stop Prologue, `prologue replay`, start",
            )
        )
    if damaged := list((directory / QUARANTINE).glob("*")):
        found.append(
            Finding(
                "quarantine",
                "warning",
                f"{len(damaged)} damaged pieces of the buffer in {directory / QUARANTINE}",
                "check the disk; look at the files, keep what is worth keeping, remove the rest",
            )
        )
    return found or [Finding("buffer", "ok", "nothing is set aside and nothing is damaged")]
