"""Numbered migrations: each `migrations/NNNN_name.sql` is applied once, in order, and recorded.

A released file is never edited; a change is a new number. A statement that fails stops the start
with the file and statement named, and the next start tries that file again, so every statement must
be safe to repeat (`IF NOT EXISTS` is added to what a crash may have left half done).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from importlib import resources

from prologue.model.errors import EngineError
from prologue.store.engine import Engine

_NAME = re.compile(r"^(\d{4})_[a-z0-9_]+\.sql$")
_COMMENT = re.compile(r"^\s*--.*$", re.MULTILINE)
_CREATE = re.compile(r"^CREATE TABLE (?!IF NOT EXISTS)")

_LEDGER = """
CREATE TABLE IF NOT EXISTS migrations (number UInt32, name String, applied DateTime DEFAULT now())
ENGINE = MergeTree ORDER BY number SETTINGS fsync_after_insert = 1, fsync_part_directory = 1
"""


@dataclass(frozen=True, slots=True)
class Migration:
    """One file: its number, its name, its statements in order."""

    number: int
    name: str
    statements: tuple[str, ...]


def available() -> tuple[Migration, ...]:
    """The migrations this version ships, in order; a gap or a double number is a packaging error."""
    found = []
    for entry in resources.files("prologue.store.migrations").iterdir():
        match = _NAME.match(entry.name)
        if match:
            found.append(
                Migration(int(match.group(1)), entry.name[:-4], _statements(entry.read_text("utf-8")))
            )
    found.sort(key=lambda migration: migration.number)
    if [migration.number for migration in found] != list(range(1, len(found) + 1)):
        raise EngineError("the migrations are not numbered 1, 2, 3, ... without gaps")
    return tuple(found)


def migrate(engine: Engine) -> tuple[Migration, ...]:
    """Bring the schema up to this version; the migrations applied now, oldest first.

    Raises EngineError where the data directory was written by a newer Prologue.
    """
    engine.command(_LEDGER)
    applied = {row["number"] for row in engine.arrow("SELECT number FROM migrations").to_pylist()}
    shipped = available()
    unknown = applied - {migration.number for migration in shipped}
    if unknown:
        raise EngineError(
            f"this data directory has schema version {max(unknown)}; "
            f"this Prologue knows versions up to {len(shipped)}",
            cure="run the Prologue version that wrote it, or a newer one",
        )
    pending = tuple(migration for migration in shipped if migration.number not in applied)
    for migration in pending:
        _apply(engine, migration)
    return pending


def _apply(engine: Engine, migration: Migration) -> None:
    for place, statement in enumerate(migration.statements, start=1):
        try:
            engine.command(statement)
        except EngineError as error:
            raise EngineError(f"migration {migration.name}, statement {place}: {error.message}") from error
    engine.command(
        "INSERT INTO migrations (number, name) SELECT {number:UInt32}, {name:String}",
        {"number": migration.number, "name": migration.name},
    )


def _statements(text: str) -> tuple[str, ...]:
    parts = (part.strip() for part in _COMMENT.sub("", text).split(";"))
    return tuple(_CREATE.sub("CREATE TABLE IF NOT EXISTS ", part) for part in parts if part)
