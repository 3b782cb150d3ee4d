"""Levels, and the words that mean them."""

from __future__ import annotations

LEVELS = ("trace", "debug", "info", "warn", "error", "critical", "fatal", "unknown")

# Spellings met in the wild, by the level they mean. Numbers are those of pino and bunyan.
LEVEL_WORDS = {
    "trace": ("trace", "trc", "trce", "trac", "finest", "vrb", "10"),
    "debug": ("debug", "dbg", "dbug", "debu", "d", "fine", "finer", "verbose", "20"),
    "info": ("info", "information", "informational", "inf", "i", "notice", "note", "log", "system", "30"),
    "warn": ("warn", "warning", "wrn", "w", "40"),
    "error": ("error", "err", "erro", "e", "severe", "fail", "50"),
    "critical": ("critical", "crit", "alert", "c"),
    "fatal": ("fatal", "fata", "ftl", "panic", "pani", "emerg", "emergency", "f", "dpanic", "60"),
}

CODES = {level: code for code, level in enumerate(LEVELS, 1)}
"""Levels by number; 0 is none, or none yet."""

MEANINGS = {spelling: level for level, spellings in LEVEL_WORDS.items() for spelling in spellings}
"""The level that each spelling means."""

LEVEL_KEYS = (
    "level",
    "Level",
    "LEVEL",
    "detected_level",
    "severity",
    "Severity",
    "SEVERITY",
    "severity_text",
    "SeverityText",
    "lvl",
    "Lvl",
    "LVL",
    "loglevel",
    "log.level",
    "log_level",
    "levelname",
)

SEVERITIES = ((21, "fatal"), (17, "error"), (13, "warn"), (9, "info"), (5, "debug"), (1, "trace"))
"""From which severity number on a level is meant, the highest first: OpenTelemetry's logs data model."""

ALONE = (
    *("trace", "debug", "dbg", "info", "notice", "warning", "warn", "error", "err", "critical", "crit"),
    *("fatal", "panic", "emerg", "alert", "severe"),
)
"""Words that mean a level where they stand alone in a line, in any spelling."""

ALONE_IN_CAPITALS = ("INF", "WRN", "FTL", "VRB", "TRC", "ERRO", "FATA", "PANI", "DEBU", "TRAC", "LOG")
"""Short or everyday words that mean one in this spelling alone: Serilog, logrus, PostgreSQL."""
