"""Talking to a running Prologue from Python and from the command line.

    from prologue.client import connect

    with connect("http://127.0.0.1:3100") as prologue:
        errors = prologue.query('{service_name="checkout"} |= "timeout"', since="1h")
        frame = errors.to_pandas()

`connect` is the package's front door; everything else is imported from where it lives. It speaks only
the public HTTP API; its methods for Loki's routes ask any Loki-compatible server as well.
Next chapter: `prologue.client.http`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from prologue.client.http import connect

__all__ = ["connect"]


def __getattr__(name: str) -> Any:
    # On first use (PEP 562): httpx takes 0.2 s to import, which `prologue query --help` need not wait for.
    if name == "connect":
        from prologue.client.http import connect  # noqa: PLC0415 - as above

        return connect
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
