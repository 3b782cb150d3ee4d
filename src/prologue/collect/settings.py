"""What to collect and how hard to try: every knob of collection, with the reason for its default.

Plain frozen data, so that configuration, tests and the status page speak of the same names. Sizes
are bytes, times are seconds. Next chapter: `prologue.collect.catalog`, the kinds of sources.
"""

from __future__ import annotations

import socket
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from prologue.collect.encoding import require_encoding
from prologue.collect.kubernetes.settings import KubernetesSettings
from prologue.model.errors import ConfigError
from prologue.model.multiline import Rule

KIB = 1024
MIB = 1024 * KIB

NO_KUBERNETES = KubernetesSettings()
DEFAULT_TENANT = "default"
MAX_IN_FLIGHT_BYTES = 64 * MIB

DEFAULT_PATTERNS = (
    "/var/log/**/*.log",
    "/var/log/syslog",
    "/var/log/messages",
    "/var/log/secure",
    "/var/log/maillog",
    "/var/log/cron",
    "/var/log/dmesg",
)

# Compressed rotations, the binary logs of login accounting, and journals (read through journalctl).
DEFAULT_EXCLUDE = (
    "**/*.gz",
    "**/*.xz",
    "**/*.bz2",
    "**/*.zst",
    "**/*.lz4",
    "**/*.zip",
    "**/*.tar",
    "**/*.tgz",
    "**/*.journal",
    "**/*.journal~",
    "**/wtmp",
    "**/btmp",
    "**/utmp",
    "**/lastlog",
    "**/faillog",
)


def local_time_zone(localtime: Path = Path("/etc/localtime")) -> str:
    """This machine's time zone as an IANA name; UTC where it cannot be told."""
    parts = localtime.resolve().parts
    if "zoneinfo" not in parts:
        return "UTC"
    name = "/".join(parts[parts.index("zoneinfo") + 1 :])
    return name if name in zoneinfo.available_timezones() else "UTC"


@dataclass(frozen=True, slots=True)
class FilePattern:
    """Plain files to tail: an absolute glob (`*`, `?`, `[..]` within a name, `**` for any folders).

    `labels` hold for every file it matches and win over every derived label. `encoding`: of its text,
    where that is not UTF-8. `multiline`: which of its lines belong together.
    """

    pattern: str
    labels: Mapping[str, str] = field(default_factory=dict)
    encoding: str = ""
    multiline: Rule | None = None

    def __post_init__(self) -> None:
        if not self.pattern.startswith("/"):
            raise ConfigError(
                f"the pattern {self.pattern!r} is not absolute",
                key="collect.include",
                cure="start it with /, for example /var/log/**/*.log",
            )
        if self.encoding:
            object.__setattr__(self, "encoding", require_encoding(self.encoding, "collect.encodings"))


@dataclass(frozen=True, slots=True)
class CollectSettings:
    """Everything the collector can be told. The defaults need no configuration at all."""

    include: tuple[FilePattern, ...] = tuple(FilePattern(p) for p in DEFAULT_PATTERNS)
    exclude: tuple[str, ...] = DEFAULT_EXCLUDE
    # Folders that are never entered, e.g. Prologue's own data folder.
    exclude_folders: tuple[Path, ...] = ()
    # Where the machine's file system is seen: "/" or, in a container, a mount such as "/host".
    root: Path = Path("/")
    files: bool = True
    docker: bool = True
    cri: bool = True
    journal: bool = True
    # What the Kubernetes API or the kubelet adds to the pods' paths; without a URL nobody is asked.
    kubernetes: KubernetesSettings = NO_KUBERNETES
    # A journal folder for `journalctl --directory`; None is the running system's own journal.
    journal_directory: Path | None = None
    # The first start takes this much of the journal's past.
    journal_initial_s: float = 86_400.0
    tenant: str = DEFAULT_TENANT
    host: str = field(default_factory=socket.gethostname)
    # IANA name of the zone of times that say none.
    time_zone: str = field(default_factory=local_time_zone)

    # One read, one payload, one acknowledgement.
    chunk_bytes: int = MIB
    # A longer line is split, and counted; nothing of it is lost.
    max_line_bytes: int = 16 * MIB
    # Read but not yet acknowledged, over all sources: the bound on memory.
    max_in_flight_bytes: int = MAX_IN_FLIGHT_BYTES
    # On the very first start only: at most this much of the end of each file that is there already.
    initial_max_bytes: int = 64 * MIB
    # On the very first start only: files untouched for longer begin at their end. None: no such limit.
    initial_max_age_s: float | None = None

    # Bytes a second by service, and of every other service; 0 and absent: no limit. What is over it waits.
    rate_limits: Mapping[str, int] = field(default_factory=dict)
    rate_limit: int = 0

    rescan_s: float = 5.0
    # A file being written is looked at this often; the upper bound on a line's wait.
    tick_s: float = 0.1
    # Where inotify does not work every file is looked at this often.
    poll_s: float = 0.2
    use_inotify: bool = True
    # After this long without a write the kernel watches the file for us again.
    quiet_after_s: float = 2.0
    # A last line without its newline is sent after this long; None: only when the file is finished.
    partial_after_s: float | None = 5.0
    # Where a rule joins lines, a record is complete after this long without a write.
    multiline_wait_s: float = 1.0
    # A renamed file is finished when nobody has written to it for this long, a deleted one likewise.
    rotated_wait_s: float = 600.0
    deleted_wait_s: float = 30.0
    checkpoint_s: float = 2.0
    # A checkpoint whose file was not seen for this long is dropped.
    forget_after_s: float = 86_400.0
    # The buffer forgets positions nobody asks about; idle files are asked about this often.
    keepalive_s: float = 300.0
    backoff_min_s: float = 0.1
    backoff_max_s: float = 15.0

    def __post_init__(self) -> None:
        for name in ("chunk_bytes", "max_line_bytes", "max_in_flight_bytes"):
            if getattr(self, name) < 1:
                raise ConfigError(
                    f"collect.{name} must be at least 1 byte", key=f"collect.{name}", cure="raise it"
                )
        for name in ("rescan_s", "tick_s", "poll_s", "checkpoint_s", "backoff_min_s"):
            if getattr(self, name) <= 0:
                raise ConfigError(
                    f"collect.{name} must be above 0 seconds", key=f"collect.{name}", cure="raise it"
                )
