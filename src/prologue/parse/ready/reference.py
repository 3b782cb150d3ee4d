"""The table of formats in docs/parsers/ready.md; `python -m prologue.parse.ready.reference` prints it."""

from __future__ import annotations

from prologue.parse.ready.catalog import formats


def table() -> str:
    """A row a format: its name, what it is, by which names it goes, where the tests' lines are from."""
    rows = ["| name | format | known by | lines in the tests |", "|---|---|---|---|"]
    for one in formats().values():
        known = ", ".join(f"`{hint}`" for hint in one.hints) or "its lines"
        only = " (only so)" if one.hinted_only else ""
        rows.append(f"| `{one.name}` | {one.title} | {known}{only} | {one.origin} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    print(table(), end="")
