"""How much a module may use."""

from __future__ import annotations

from dataclasses import dataclass

MOST_MODULE_BYTES = 16 * 1024 * 1024
"""A larger file is not compiled."""

MOST_MEMORY_BYTES = 1024 * 1024 * 1024
"""The highest memory limit there may be: offsets in an answer are 31 bits."""


@dataclass(frozen=True, slots=True)
class WasmLimits:
    """`memory_bytes` of one instance, of which there are as many as threads that parse.

    A call gets `fuel` instructions and `fuel_per_byte` more for each byte of its lines, and `seconds` of
    wall time; a batch is given to the module in calls of about `call_bytes`.
    """

    memory_bytes: int = 64 * 1024 * 1024
    fuel: int = 10_000_000
    fuel_per_byte: int = 1_000
    seconds: float = 2.0
    call_bytes: int = 1024 * 1024
