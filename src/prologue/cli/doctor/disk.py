"""The data folder: can it be written, is there room, does what is written stay written."""

from __future__ import annotations

import os
import shutil
import statistics
import tempfile
import time

from prologue.cli.doctor.finding import Finding, Patient
from prologue.config.units import format_size

GIB = 1024**3
LEAST_FREE = GIB
SLOW_SYNC_MS = 100.0
_SYNCS = 5
_SYNC_BYTES = 1024**2
_NETWORK = {"nfs", "nfs4", "cifs", "smb3", "9p", "fuse.sshfs", "ceph", "fuse.s3fs"}
_VOLATILE = {"tmpfs", "ramfs", "overlay"}


def check_permissions(patient: Patient) -> list[Finding]:
    """Whether the data folder can be made, entered and written."""
    folder = patient.data_parent()
    wanted = patient.settings.data_dir.absolute()
    if not folder.is_dir():
        return [
            Finding("data folder", "wrong", f"{folder} is not a folder", "choose another with --data-dir")
        ]
    try:
        with tempfile.NamedTemporaryFile(dir=folder, prefix=".prologue-doctor-"):
            pass
    except OSError as error:
        return [
            Finding(
                "data folder",
                "wrong",
                f"{folder} cannot be written: {error.strerror}",
                f"sudo install -d -o $USER {wanted}, or choose another folder with --data-dir",
            )
        ]
    return [
        Finding("data folder", "ok", f"{wanted} {'is' if folder == wanted else 'can be made and'} writable")
    ]


def check_space(patient: Patient) -> list[Finding]:
    """Whether the file system has room for the buffer and a day of logs, and for small files."""
    folder = patient.data_parent()
    usage, buffer = shutil.disk_usage(folder), patient.settings.buffer.max_bytes
    detail = f"{_gib(usage.free)} of {_gib(usage.total)} free at {folder}"
    cure = "free some space, lower store.retention_days, or move the data with --data-dir"
    if usage.free < LEAST_FREE:
        return [Finding("disk space", "wrong", detail, cure)]
    inodes = os.statvfs(folder)
    if inodes.f_files and inodes.f_favail < 10_000:
        return [Finding("disk space", "wrong", f"only {inodes.f_favail} inodes free at {folder}", cure)]
    if usage.free < buffer + LEAST_FREE:
        detail += f", less than buffer.max_bytes ({format_size(buffer)}) and some room"
        return [Finding("disk space", "warning", detail, f"{cure}, or lower buffer.max_bytes")]
    return [Finding("disk space", "ok", detail)]


def check_sync(patient: Patient) -> list[Finding]:
    """Whether fsync works where the data lies, and how long an acknowledgement waits for it."""
    folder = patient.data_parent()
    try:
        times = _time_syncs(str(folder))
    except OSError as error:
        cure = "put the data on a local disk with --data-dir: without fsync nothing can be acknowledged"
        return [Finding("fsync", "wrong", f"fsync fails at {folder}: {error.strerror}", cure)]
    median, worst = statistics.median(times), max(times)
    detail = f"1 MiB is durable in {median:.1f} ms (worst {worst:.1f} ms)"
    if median > SLOW_SYNC_MS:
        cure = "senders wait this long for each acknowledgement: put the data on a faster disk"
        return [Finding("fsync", "warning", detail, cure)]
    return [Finding("fsync", "ok", detail)]


def check_file_system(patient: Patient) -> list[Finding]:
    """Whether the data lies on a file system that keeps it and honours locks."""
    folder = str(patient.data_parent().resolve())
    kind = _file_system(patient, folder)
    cure = "put the data on a local disk (a volume, in a container) with --data-dir"
    if kind in _NETWORK:
        detail = f"{folder} is on a network file system ({kind}): locks and fsync may not hold"
        return [Finding("file system", "warning", detail, cure)]
    if kind in _VOLATILE:
        return [
            Finding(
                "file system",
                "warning",
                f"{folder} is on {kind}: lost with this container or at a reboot",
                cure,
            )
        ]
    return [Finding("file system", "ok", f"{folder} is on {kind or 'a local disk'}")]


def _time_syncs(folder: str) -> list[float]:
    times = []
    with tempfile.TemporaryFile(dir=folder, prefix=".prologue-doctor-") as file:
        for _ in range(_SYNCS):
            file.write(os.urandom(_SYNC_BYTES))
            file.flush()
            begun = time.perf_counter()
            os.fsync(file.fileno())
            times.append((time.perf_counter() - begun) * 1000)
    return times


def _file_system(patient: Patient, folder: str) -> str:
    """The type of the mount that holds `folder`: the longest mount point that is a prefix of it."""
    best, kind = "", ""
    for line in (patient.proc / "mounts").read_text().splitlines():
        _, point, mounted, *_ = line.split(" ")
        point = point.encode().decode("unicode_escape")
        inside = folder == point or folder.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, mounted
    return kind


def _gib(size: int) -> str:
    return f"{size / GIB:.1f} GiB"
