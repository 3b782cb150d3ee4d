"""Stack traces as runtimes write them, among ordinary lines: `traces/<preset>.txt`, records between `=====`.

Java, Python, Go and Node are what OpenJDK 17, CPython 3, Go and Node 20 wrote; Ruby and .NET follow their
documentation.
"""

from __future__ import annotations

import json
from pathlib import Path

FOLDER = Path(__file__).with_name("traces")
LANGUAGES = sorted(path.stem for path in FOLDER.glob("*.txt"))


def records_of(language: str) -> list[bytes]:
    """The records of a runtime, each with its inner line ends, in order."""
    return (FOLDER / f"{language}.txt").read_bytes().removesuffix(b"\n").split(b"\n=====\n")


def plain(records: list[bytes]) -> bytes:
    return b"".join(record + b"\n" for record in records)


def docker(records: list[bytes], *, other: bool = False) -> bytes:
    """As Docker's json-file driver wraps it; `other`: with a line of stdout after each line."""
    found = []
    for place, line in enumerate(plain(records).splitlines(keepends=True)):
        entry = {"log": line.decode(), "stream": "stderr", "time": _time(place)}
        found.append(json.dumps(entry, separators=(",", ":")))
        if other:
            entry = {"log": f"between {place}\n", "stream": "stdout", "time": _time(place)}
            found.append(json.dumps(entry, separators=(",", ":")))
    return "".join(line + "\n" for line in found).encode()


def cri(records: list[bytes], *, other: bool = False) -> bytes:
    """As a CRI runtime wraps it; every long line in two pieces."""
    found = []
    for place, line in enumerate(plain(records).splitlines()):
        if len(line) > 30:
            found.append(b"%s stderr P %s" % (_time(place).encode(), line[:20]))
            line = line[20:]  # noqa: PLW2901 - the rest
        found.append(b"%s stderr F %s" % (_time(place).encode(), line))
        if other:
            found.append(b"%s stdout F between %d" % (_time(place).encode(), place))
    return b"".join(line + b"\n" for line in found)


def _time(place: int) -> str:
    return f"2026-11-23T10:{place // 60:02}:{place % 60:02}.5Z"
