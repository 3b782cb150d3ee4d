"""Metric queries fail on lines that carry an error nobody asked to keep.

The check runs where lines are grouped, over the lines that are counted and no others. The engine
raises with a mark that `prologue.query.failures` turns into the user's error.

Source of the rule: Loki's documentation, "Pipeline errors in metric queries".
"""

from __future__ import annotations

from prologue.query.lower.environment import Environment

KINDS = ("JSONParserErr", "LogfmtParserErr", "LabelFilterErr", "SampleExtractionErr", "TemplateFormatErr")
MARK = "prologue pipeline error "


def fail_on_errors(env: Environment) -> str:
    """A HAVING clause over `failed_with` and `preserved`, empty where nothing can fail."""
    if not env.error.columns:
        return ""
    checks = (f"throwIf(max(failed_with = '{kind}' AND NOT preserved), '{MARK}{kind}') = 0" for kind in KINDS)
    return " HAVING " + " AND ".join(checks)
