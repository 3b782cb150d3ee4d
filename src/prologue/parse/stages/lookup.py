"""`lookup`: a field is looked up in a table (CSV) or a database of networks (MMDB), and more fields found.

Values are looked up once each, not once a line. The file is read when the pipeline is; a new one counts at
the next reload, and its content is part of the pipeline's version.
"""

from __future__ import annotations

import hashlib
import io
import ipaddress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import maxminddb
import numpy as np
import pyarrow as pa
import pyarrow.compute
import pyarrow.csv

from prologue.parse.pipelines.document import Options
from prologue.parse.stages.kind import StageKind, outside

# Its stubs do not know what its functions make of Any.
pc: Any = pyarrow.compute
_MOST_CSV = 256 * 1024**2
_TEXT = pa.large_string()


class Table(Protocol):
    """Answers for each key its fields, '' where there is none."""

    def find(self, keys: pa.Array[Any]) -> list[Any]: ...


@dataclass(frozen=True, slots=True)
class CsvTable:
    """`keys` and, for each field, the value beside each key."""

    keys: Any = field(repr=False)
    columns: tuple[Any, ...] = field(repr=False)

    def find(self, keys: pa.Array[Any]) -> list[Any]:
        places = pc.index_in(keys, value_set=self.keys)
        return [pc.fill_null(pc.take(column, places), "") for column in self.columns]


@dataclass(frozen=True, slots=True)
class NetworkTable:
    """`paths` lead through an entry of the database to a field's value."""

    reader: Any = field(repr=False)
    paths: tuple[tuple[str | int, ...], ...]

    def find(self, keys: pa.Array[Any]) -> list[Any]:
        entries = [self._entry(key) for key in keys.to_pylist()]
        return [pa.array([_at(entry, path) for entry in entries], _TEXT) for path in self.paths]

    def _entry(self, key: str | None) -> Any:
        try:
            return self.reader.get(ipaddress.ip_address(key)) if key else None
        except ValueError:  # no address, or one of a version the database has not
            return None


@dataclass(frozen=True, slots=True)
class Lookup:
    """A batch stage. `names` are the fields set, one for each that the table answers."""

    source: str
    names: tuple[str, ...]
    default: str
    digest: str
    table: Table = field(repr=False, compare=False)

    error_kind = "LookupErr"

    def run(self, lines: pa.Table) -> pa.Table:
        keys = self._keys(lines)
        distinct = pc.unique(keys)
        found = self.table.find(distinct)
        places = pc.index_in(keys, value_set=distinct)
        asked = pc.not_equal(keys, "")
        columns = []
        for column in found:
            value = pc.take(column, places)
            missing = pc.and_(asked, pc.equal(value, ""))
            columns.append(pc.if_else(missing, self.default, value) if self.default else value)
        return pa.table({"attributes": _maps(self.names, columns, len(lines))})

    def _keys(self, lines: pa.Table) -> Any:
        """The source of each line, '' where it has none."""
        if self.source == "body":
            return pc.cast(lines["body"].combine_chunks(), _TEXT)
        entries = lines["attributes"].combine_chunks()
        value = pc.map_lookup(entries, pa.scalar(self.source, _TEXT), "first")
        return pc.fill_null(value, "")


def read(options: Options) -> Lookup:
    path = options.file("file")
    fields = _fields(options)
    source, default = options.text("source"), options.text("default", "")
    content = path.read_bytes() if path.stat().st_size <= 2 * _MOST_CSV else b""
    if not content:
        options.refuse("file", f"{path} is empty or too large", f"use at most {2 * _MOST_CSV >> 20} MiB")
    digest = hashlib.sha256(content).hexdigest()
    if options.choice("type", ("csv", "mmdb"), path.suffix.removeprefix(".") or "csv") == "mmdb":
        names, table = _networks(options, path, content, fields)
    else:
        names, table = _csv(options, content, fields)
    return Lookup(source, names, default, digest, table)


def _fields(options: Options) -> dict[str, str]:
    """Column or path of the table, by the field that gets it; none: all of a CSV's columns."""
    if not options.has("fields"):
        return {}
    node = options.node_of("fields")
    if node.tag.endswith(":map"):
        return options.mapping("fields")
    return {name: name for name in options.texts("fields")}


def _csv(options: Options, content: bytes, fields: dict[str, str]) -> tuple[tuple[str, ...], Table]:
    try:
        header = content.split(b"\n", 1)[0].decode("utf-8-sig").strip("\r")
        names = pa.csv.read_csv(io.BytesIO(header.encode() + b"\n")).column_names
        types = pa.csv.ConvertOptions(column_types=dict.fromkeys(names, _TEXT), strings_can_be_null=False)
        table = pa.csv.read_csv(io.BytesIO(content.removeprefix(b"\xef\xbb\xbf")), convert_options=types)
    except (pa.ArrowException, UnicodeDecodeError) as error:
        options.refuse("file", f"the file is no CSV: {error}", "write a header and rows of as many columns")
    key = options.text("key", names[0])
    fields = fields or {name: name for name in names if name != key}
    for name in (key, *fields.values()):
        if name not in names:
            options.refuse(
                "key" if name == key else "fields", f"there is no column {name}", f"use {', '.join(names)}"
            )
    keys = table[key].combine_chunks()
    if pc.count_distinct(keys).as_py() != len(keys):
        options.refuse("file", f"the column {key} holds a value twice", "keep one row for each key")
    return tuple(fields), CsvTable(keys, tuple(table[name].combine_chunks() for name in fields.values()))


def _networks(
    options: Options, path: Path, content: bytes, fields: dict[str, str]
) -> tuple[tuple[str, ...], Table]:
    if not fields:
        options.refuse("", "fields are missing", "write `fields: {country: country.iso_code}`")
    try:
        reader = maxminddb.open_database(io.BytesIO(content), maxminddb.MODE_FD)
    except (maxminddb.InvalidDatabaseError, TypeError, ValueError, OSError) as error:  # or lacking metadata
        options.refuse("file", f"{path} is no MMDB: {error}", "use a database in MaxMind's format")
    paths = tuple(tuple(int(p) if p.isdigit() else p for p in text.split(".")) for text in fields.values())
    return tuple(fields), NetworkTable(reader, paths)


def _at(entry: Any, path: tuple[str | int, ...]) -> str:
    for step in path:
        try:
            entry = entry[step]
        except (KeyError, IndexError, TypeError):
            return ""
    return "" if isinstance(entry, dict | list) or entry is None else str(entry)


def _maps(names: tuple[str, ...], columns: list[Any], rows: int) -> Any:
    """A map for each row of the fields that are not empty."""
    arrow: Any = pa
    width = len(names)
    by_row = (np.arange(width) * rows)[None, :] + np.arange(rows)[:, None]
    values = arrow.concat_arrays([column.cast(_TEXT) for column in columns]).take(pa.array(by_row.ravel()))
    keys = arrow.array(names, _TEXT).take(pa.array(np.tile(np.arange(width), rows)))
    kept = pc.not_equal(values, "")
    counts = kept.to_numpy(zero_copy_only=False).reshape(rows, width).sum(axis=1)
    offsets = pa.array(np.concatenate(([0], counts.cumsum())).astype(np.int32))
    entries = arrow.map_(_TEXT, _TEXT)
    return arrow.MapArray.from_arrays(offsets, keys.filter(kept), values.filter(kept), entries)


STAGE = StageKind(read, outside)
