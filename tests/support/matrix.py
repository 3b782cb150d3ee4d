"""The matrix of senders: what each test with a real sender saw, as one table in the documentation.

A test that drove a real sender ends with `record(...)`. The rows are kept in `docs/receivers/matrix.json`;
the table in `docs/receivers/README.md` is rendered from it, and a row that is not in the table fails the
test that saw it. To add or change one, run that test with WRITE_SENDER_MATRIX=1.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any

_FOLDER = Path(__file__).parents[2] / "docs" / "receivers"
ROWS = _FOLDER / "matrix.json"
PAGE = _FOLDER / "README.md"
BEGIN = "<!-- matrix: written by the tests, see tests/support/matrix.py -->"
END = "<!-- end of matrix -->"
COLUMNS = ("sender", "version", "protocol", "sent", "stored", "attributes")
_HEADINGS = ("sender", "version", "protocol", "lines sent", "lines stored", "attributes preserved")


def record(
    *, sender: str, version: str, protocol: str, sent: int, stored: int, attributes: Iterable[str]
) -> None:
    """One row: what a real sender sent and what is stored of it. Fails where the page does not say so.

    A sender and a protocol make a row; another version of the sender is the same row.
    """
    row = {
        "sender": sender,
        "version": version,
        "protocol": protocol,
        "sent": sent,
        "stored": stored,
        "attributes": sorted(attributes),
    }
    if os.environ.get("WRITE_SENDER_MATRIX"):
        _write(row)
    found = [known for known in rows() if _key(known) == _key(row)]
    assert found, f"docs/receivers/README.md has no row for {sender}, {protocol}: {_CURE}"
    known = {**found[0], "version": version}
    assert known == row, f"docs/receivers/README.md says otherwise of {sender}, {protocol}: {_CURE}"


_CURE = "run this test with WRITE_SENDER_MATRIX=1"


def rows() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(ROWS.read_text()) if ROWS.exists() else []
    return found


def table() -> str:
    """The rows as the page's table."""
    lines = [" | ".join(_HEADINGS), " | ".join("---" for _ in _HEADINGS)]
    lines += [" | ".join(_cell(row[column]) for column in COLUMNS) for row in rows()]
    return "\n".join(f"| {line} |" for line in lines)


def on_page() -> str:
    """The table as it stands in the page."""
    _, _, rest = PAGE.read_text().partition(BEGIN)
    return rest.partition(END)[0].strip()


def _cell(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(f"`{name}`" for name in value) or "none"
    return f"{value:,}" if isinstance(value, int) else str(value)


def _key(row: dict[str, Any]) -> tuple[str, str]:
    return row["protocol"], row["sender"]


def _write(row: dict[str, Any]) -> None:
    with (_FOLDER / "README.md").open() as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        kept = [known for known in rows() if _key(known) != _key(row)]
        ROWS.write_text(json.dumps(sorted([*kept, row], key=_key), indent=1) + "\n")
        _render()


def _render() -> None:
    before, _, rest = PAGE.read_text().partition(BEGIN)
    PAGE.write_text(f"{before}{BEGIN}\n{table()}\n{END}{rest.partition(END)[2]}")


if __name__ == "__main__":  # python -m tests.support.matrix: after matrix.json was merged by hand
    _render()
