"""The machine: interpreter, clock, memory, and the kernel's limits on files and watches."""

from __future__ import annotations

import platform
import resource
import tempfile
import time
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path

from prologue.cli.doctor.finding import Finding, Patient

LEAST_DESCRIPTORS = 4096
LEAST_WATCHES = 8192
LEAST_MEMORY = 1024**3
MOST_DRIFT = 2.0
_LATEST_YEAR = 2100


def check_python(patient: Patient) -> list[Finding]:  # noqa: ARG001 - a check's signature
    """Whether the system is one the engine is built for."""
    shown = f"Python {platform.python_version()} on {platform.system()} {platform.machine()}"
    if platform.system() != "Linux" or platform.machine() not in ("x86_64", "aarch64"):
        return [
            Finding("python", "warning", shown, "supported are Linux on x86_64 and aarch64: run it there")
        ]
    return [Finding("python", "ok", shown)]


def check_clock(patient: Patient) -> list[Finding]:
    """Whether the clock is plausible, agrees with the disk's, and which zone times are shown in."""
    now = patient.clock()
    cure = "set the clock and keep it set: sudo timedatectl set-ntp true"
    # The installed files were written before this moment, on this clock or an earlier right one.
    installed = Path(str(files("prologue"))).joinpath("__init__.py").stat().st_mtime
    when = f"{datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M:%S} UTC"
    if now < installed - 86400 or datetime.fromtimestamp(now, UTC).year > _LATEST_YEAR:
        return [Finding("clock", "wrong", f"it says {when}, which cannot be", cure)]
    zone = f"zone {time.strftime('%Z')} ({time.strftime('%z')})"
    try:
        with tempfile.NamedTemporaryFile(dir=patient.data_parent(), prefix=".prologue-doctor-") as file:
            drift = Path(file.name).stat().st_mtime - patient.clock()
    except OSError:
        # The data folder cannot be written, which its own check tells: judge the clock without it.
        return [Finding("clock", "ok", f"{when}, {zone}")]
    if abs(drift) > MOST_DRIFT:
        detail = f"{when}; the data folder's file system is {drift:+.1f} s off"
        return [Finding("clock", "warning", detail, f"{cure}, there too")]
    return [Finding("clock", "ok", f"{when}, {zone}, disk within {max(abs(drift), 0.001):.3f} s")]


def check_memory(patient: Patient) -> list[Finding]:
    """Whether there is memory for the engine."""
    fields = dict(line.split(":", 1) for line in (patient.proc / "meminfo").read_text().splitlines())
    available = int(fields["MemAvailable"].split()[0]) * 1024
    detail = f"{available / 1024**3:.1f} GiB available"
    if available < LEAST_MEMORY:
        cure = "give it 1 GiB, or lower store.query_memory and buffer.segment_bytes"
        return [Finding("memory", "warning", detail, cure)]
    return [Finding("memory", "ok", detail)]


def check_descriptors(patient: Patient) -> list[Finding]:  # noqa: ARG001 - a check's signature
    """Whether enough files may be open at once: parts of the store, tailed files, connections."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    shown = ["unlimited" if n == resource.RLIM_INFINITY else str(n) for n in (soft, hard)]
    detail = f"{shown[0]} open files allowed ({shown[1]} at most)"
    if soft != resource.RLIM_INFINITY and soft < LEAST_DESCRIPTORS:
        cure = "raise it: ulimit -n 65536, or LimitNOFILE=65536 in the systemd unit"
        return [Finding("open files", "warning", detail, cure)]
    return [Finding("open files", "ok", detail)]


def check_watches(patient: Patient) -> list[Finding]:
    """Whether the kernel tells of changed files: without inotify they are looked at in turn."""
    folder = patient.proc / "sys/fs/inotify"
    if not folder.exists():
        cure = "nothing must be done: files are polled instead, at some cost in CPU"
        return [Finding("inotify", "warning", "this kernel has no inotify", cure)]
    watches = int((folder / "max_user_watches").read_text())
    instances = int((folder / "max_user_instances").read_text())
    detail = f"{watches} watches, {instances} instances for each user"
    cure = "sudo sysctl -w fs.inotify.max_user_watches=524288 fs.inotify.max_user_instances=512"
    try:
        from inotify_simple import INotify  # noqa: PLC0415 - loads libc; only this check needs it

        INotify().close()
    except OSError as error:
        return [Finding("inotify", "warning", f"no instance is left ({error.strerror}): {detail}", cure)]
    if watches < LEAST_WATCHES:
        return [Finding("inotify", "warning", detail, cure)]
    return [Finding("inotify", "ok", detail)]
