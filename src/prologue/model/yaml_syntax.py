"""What to do about a text that is not YAML: the settings and the pipelines say the same.

Next chapter: `prologue.config.yaml_file`, `prologue.parse.pipelines.document`.
"""

from __future__ import annotations


def syntax_cure(problem: str) -> str:
    """The cure, by the parser's own words.

    >>> syntax_cure("found character '\\\\t' that cannot start any token")
    'YAML is not indented with tabs; write blanks instead'
    """
    if r"'\t'" in problem:
        return "YAML is not indented with tabs; write blanks instead"
    return "check indentation, colons and quotes at that place"
