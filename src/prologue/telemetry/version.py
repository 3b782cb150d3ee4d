"""Which Prologue this is."""

from __future__ import annotations

from functools import cache
from importlib import metadata


@cache
def version() -> str:
    """The installed distribution's version."""
    return metadata.version("prologue-logs")
