"""The log files of this machine: found, and readable by this user."""

from __future__ import annotations

import os

from prologue.cli.doctor.finding import Finding, Patient
from prologue.collect.discover import Discovery
from prologue.collect.settings import DEFAULT_EXCLUDE, DEFAULT_PATTERNS, CollectSettings, FilePattern

_SHOWN = 3
_CURE = "run it as a user of the group that owns them (often: sudo usermod -aG adm,systemd-journal $USER)"


def check_logs(patient: Patient) -> list[Finding]:
    """How many of the files that collection would tail can be read."""
    collect = patient.settings.collect
    if not collect.enabled:
        return [Finding("log files", "ok", "collection is off (collect.enabled)")]
    patterns = (*collect.services, *collect.include, *(DEFAULT_PATTERNS if collect.discover else ()))
    scan = Discovery(
        CollectSettings(
            include=tuple(FilePattern(pattern) for pattern in patterns),
            exclude=(*DEFAULT_EXCLUDE, *collect.exclude),
            exclude_folders=(patient.settings.data_dir.resolve(),),
            root=collect.root,
            docker=collect.discover,
            cri=collect.discover,
        )
    ).scan()
    shut = sorted({path for path in scan.files if not os.access(path, os.R_OK)} | set(scan.denied))
    if shut:
        more = f" and {len(shut) - _SHOWN} more" if len(shut) > _SHOWN else ""
        detail = f"{len(scan.files)} found; not readable: {', '.join(shut[:_SHOWN])}{more}"
        return [Finding("log files", "warning", detail, _CURE)]
    if not scan.files:
        cure = "push logs to it, name files in collect.include, or try `prologue demo`"
        return [Finding("log files", "warning", "this machine has no log files", cure)]
    return [Finding("log files", "ok", f"{len(scan.files)} found, all readable")]
