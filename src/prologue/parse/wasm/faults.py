"""What a module did that ends its call, and only its call."""

from __future__ import annotations


class WasmFault(Exception):
    """`reason` completes "the module ...". `slow`: it used up its time or its instructions, so trying the
    same lines in smaller parts would use them up again."""

    def __init__(self, reason: str, *, slow: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.slow = slow
