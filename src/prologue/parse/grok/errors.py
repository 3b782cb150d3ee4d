"""What is wrong with a grok expression, and where in it."""

from __future__ import annotations


class GrokError(ValueError):
    """`offset` counts characters of the expression from 0; `cure` says what to write instead.

    A fault inside a definition that the expression uses is told at the place that uses it, with the
    definition's name in the message.
    """

    def __init__(self, message: str, offset: int, cure: str) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.cure = cure
