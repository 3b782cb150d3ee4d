"""Log daemons of the system as processes with a configuration of the test's own: rsyslog and syslog-ng.

rsyslog is installed; syslog-ng cannot be beside it, so its package and what that needs are unpacked into a
cache and run from there.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.server import wait_until

_CACHE = Path.home() / ".cache" / "prologue-tests"
_PACKAGES = ("syslog-ng-core", "libivykis0", "libnet1", "libjson-c5", "libwrap0", "libpcre3")


@contextlib.contextmanager
def rsyslog(folder: Path, actions: str) -> Iterator[Path]:
    """A running rsyslogd; what is written to the socket it yields goes where `actions` send it."""
    path = folder / "rsyslog.sock"
    config = folder / "rsyslog.conf"
    config.write_text(
        f'global(workDirectory="{folder}")\n'
        'module(load="imuxsock" SysSock.Use="off")\n'
        f'input(type="imuxsock" Socket="{path}" RateLimit.Interval="0" UseSysTimeStamp="off")\n{actions}\n'
    )
    command = ["rsyslogd", "-n", "-f", str(config), "-i", str(folder / "rsyslog.pid")]
    with _running(command, path, folder / "rsyslog.log"):
        yield path


@contextlib.contextmanager
def syslog_ng(folder: Path, destination: str) -> Iterator[Path]:
    """A running syslog-ng; what is written to the socket it yields goes to `destination`."""
    root = _syslog_ng()
    libraries = root / "usr" / "lib"
    path = folder / "syslog-ng.sock"
    config = folder / "syslog-ng.conf"
    config.write_text(
        "@version: 3.38\noptions { keep-hostname(yes); };\n"
        f'source s {{ unix-dgram("{path}"); }};\n'
        f"destination d {{ {destination} }};\nlog {{ source(s); destination(d); }};\n"
    )
    command = [
        str(root / "usr" / "sbin" / "syslog-ng"),
        "--foreground",
        f"--cfgfile={config}",
        f"--persist-file={folder / 'persist'}",
        f"--control={folder / 'control'}",
        f"--pidfile={folder / 'syslog-ng.pid'}",
        f"--module-path={libraries / 'syslog-ng' / '3.38'}",
    ]
    places = [libraries / "syslog-ng", libraries / "x86_64-linux-gnu", root / "lib" / "x86_64-linux-gnu"]
    environment = {"LD_LIBRARY_PATH": ":".join(map(str, places))}
    with _running(command, path, folder / "syslog-ng.log", environment):
        yield path


def version(*command: str) -> str:
    """The first word with a point in it of what a program says of itself."""
    said = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False).stdout
    return next(word.strip(",") for word in said.split() if "." in word and word[0].isdigit())


def syslog_ng_version() -> str:
    return next((_syslog_ng() / "usr" / "lib" / "syslog-ng").glob("3.*")).name


def write(path: Path, messages: list[str]) -> None:
    """As applications do: a datagram each to the daemon's socket."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
        sender.connect(str(path))
        for message in messages:
            sender.send(message.encode())


@contextlib.contextmanager
def _running(
    command: list[str], path: Path, log: Path, environment: dict[str, str] | None = None
) -> Iterator[None]:
    with log.open("wb") as out:
        process = subprocess.Popen(command, stdout=out, stderr=out, env={**os.environ, **(environment or {})})
    try:
        wait_until(lambda: path.is_socket() or process.poll() is not None)
        assert process.poll() is None, log.read_text()
        yield
    finally:
        process.terminate()
        process.wait(20)


def _syslog_ng() -> Path:
    """Where syslog-ng is unpacked; done now where it is not there yet."""
    root = _CACHE / "syslog-ng-3.38"
    if not root.exists():
        if shutil.which("apt-get") is None:
            pytest.skip("syslog-ng comes from Debian's packages, and there is no apt-get on this machine")
        partial = _CACHE / f"syslog-ng-{os.getpid()}"
        partial.mkdir(parents=True)
        _do(["apt-get", "download", *_PACKAGES], partial)
        for package in partial.glob("*.deb"):
            _do(["dpkg", "-x", str(package), "root"], partial)
        with contextlib.suppress(OSError):  # another process was first
            (partial / "root").rename(root)
        shutil.rmtree(partial)
    return root


def _do(command: list[str], folder: Path) -> None:
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode != 0:
        pytest.skip(f"syslog-ng cannot be had here: {done.stderr.strip()[-300:]}")
