"""A problem inside a quoted text: a regular expression, a pattern, a path, an IP pattern, a template.

The small parsers of those languages know offsets in their own text only. They raise `TextProblem`;
the LogQL parser turns it into a `QueryError` with the position in the whole query.
"""

from __future__ import annotations


class TextProblem(ValueError):
    """`offset` counts characters of the unquoted text from 0."""

    def __init__(self, message: str, offset: int, cure: str) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset
        self.cure = cure
