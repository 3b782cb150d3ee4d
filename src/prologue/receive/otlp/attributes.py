"""Attributes of many records at once, as the map column of `RECORD_SCHEMA`.

A record's attributes come from several places (its own, its scope's, its resource's, its other
fields). `AttributeColumn` collects each place as one pool of pairs with a range of it for every
record, and puts them together in one step. Where a name occurs twice the first one counts, so places
are added nearest first: record, scope, resource.
"""

from __future__ import annotations

import numpy as np

from prologue.model.errors import LimitError, PayloadError
from prologue.receive.arrow import Array, pa
from prologue.receive.columns import Ints, attribute_maps, attribute_names, text
from prologue.receive.otlp.values import Pair, flatten
from prologue.receive.wire.otlp_pb2 import AnyValue
from prologue.receive.wire.scan import (
    DELIMITED,
    FIXED64,
    VARINT,
    Fields,
    Rows,
    last_of_row,
    scan,
    slices,
    sub_rows,
)

_KEY, _VALUE = (1, DELIMITED), (2, DELIMITED)
STRING, INT = (1, DELIMITED), (3, VARINT)
KINDS = (STRING, (2, VARINT), INT, (4, FIXED64), (5, DELIMITED), (6, DELIMITED), (7, DELIMITED))
"""The members of `AnyValue`."""


class AttributeColumn:
    """Collects pairs for `count` records. `max_bytes` bounds what repeating shared pairs may take."""

    def __init__(self, count: int, max_bytes: int) -> None:
        self._count = count
        self._max_bytes = max_bytes
        self._names: list[Array] = []
        self._values: list[Array] = []
        self._size = 0
        self._ranges: list[tuple[Ints, Ints]] = []

    def add_own(self, owner: Ints, names: Array, values: Array) -> None:
        """Pairs of single records; `owner` is each pair's record, ascending."""
        sizes = np.bincount(owner, minlength=self._count)
        self._add(names, values, np.cumsum(sizes) - sizes, sizes)

    def add_field(self, name: str, values: Array, present: Ints) -> None:
        """One pair, `name` and `values[i]`, for the i-th of the records `present`."""
        if len(present):
            self.add_own(present, pa.repeat(name, len(present)), values)

    def add_shared(self, group_pairs: list[list[Pair]], group_sizes: list[int]) -> None:
        """Pairs that every record of a group has; groups lie one behind the other.

        Raises `LimitError` where writing them to every record would take too much.
        """
        weights = [sum(len(name) + len(value) for name, value in pairs) for pairs in group_pairs]
        total = sum(weight * size for weight, size in zip(weights, group_sizes, strict=True))
        if total > self._max_bytes:
            raise LimitError(
                f"resource and scope attributes repeated for every record take {total} bytes; "
                f"the limit is {self._max_bytes}",
                cure="send fewer records in a request, or smaller resource attributes",
            )
        pairs = [pair for group in group_pairs for pair in group]
        lengths = np.array([len(group) for group in group_pairs], np.int64)
        groups = np.array(group_sizes, np.int64)
        start = np.repeat(np.cumsum(lengths) - lengths, groups)
        names, values = ([pair[side] for pair in pairs] for side in (0, 1))
        self._add(
            pa.array(names, pa.string()), pa.array(values, pa.string()), start, np.repeat(lengths, groups)
        )

    def build(self) -> Array:
        """The map column."""
        starts = np.column_stack([start for start, _ in self._ranges]).ravel()
        sizes = np.column_stack([size for _, size in self._ranges]).ravel()
        taken = pa.array(expand(starts, sizes))
        records = np.repeat(np.repeat(np.arange(self._count), len(self._ranges)), sizes)
        names = attribute_names(pa.concat_arrays(self._names)).take(taken)
        return attribute_maps(records, self._count, names, pa.concat_arrays(self._values).take(taken))

    def _add(self, names: Array, values: Array, start: Ints, size: Ints) -> None:
        self._ranges.append((start + self._size, size))
        self._names.append(names)
        self._values.append(values)
        self._size += len(names)


def expand(starts: Ints, sizes: Ints) -> Ints:
    """`starts[i], starts[i] + 1, ...` of each range in turn.

    >>> expand(np.array([5, 0]), np.array([2, 3])).tolist()
    [5, 6, 0, 1, 2]
    """
    before = np.cumsum(sizes) - sizes
    indices: Ints = np.repeat(starts - before, sizes) + np.arange(int(sizes.sum()))
    return indices


def read_pairs(pairs: Rows, owner: Ints) -> tuple[Ints, Array, Array] | None:
    """`KeyValue` messages as owner, name and value columns; None where one is malformed.

    Strings and integers are read as columns; every other kind as an object, once for each distinct one.
    """
    found = scan(pairs, _KEY, _VALUE)
    if found is None:
        return None
    count = len(pairs)
    given = last_of_row(found[_VALUE])
    kinds = scan(sub_rows(pairs, given), *KINDS)
    if kinds is None:
        return None
    names = text(slices(pairs.data, last_of_row(found[_KEY]), count))
    strings = _at(kinds[STRING], given)
    values = text(slices(pairs.data, last_of_row(strings), count))
    if all(not len(kinds[kind]) for kind in KINDS[1:]):
        return owner, names, values
    integers = _at(kinds[INT], given)
    odd = odd_rows(count, given, kinds, plain=(STRING, INT))
    plain_integers = np.flatnonzero(~odd[integers.row])
    flat = [_flatten_row(pairs, given, names, row, int(owner[row])) for row in np.flatnonzero(odd)]
    return _assemble(
        owner,
        (names, values),
        (integers.row[plain_integers], integers.value[plain_integers]),
        (odd, flat),
    )


def odd_rows(
    count: int, given: Fields, kinds: dict[tuple[int, int], Fields], *, plain: tuple[tuple[int, int], ...]
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Which of `count` rows hold an `AnyValue` that is not exactly one member of the `plain` kinds."""
    members = np.zeros(count, np.int64)
    odd = np.zeros(count, np.bool_)
    for kind, fields in kinds.items():
        rows = given.row[fields.row]
        members += np.bincount(rows, minlength=count)
        if kind not in plain:
            odd[rows] = True
    return odd | (members > 1)


def read_odd(rows: Rows, fields: Fields, index: int) -> AnyValue:
    """The value at `index` of `fields` as an object. Its bytes were scanned, so its first level is sound."""
    return AnyValue.FromString(rows.data[fields.start[index] : fields.end[index]].tobytes())


def _at(fields: Fields, outer: Fields) -> Fields:
    """The fields under the row numbers of the messages around them."""
    return Fields(outer.row[fields.row], fields.start, fields.end, fields.value)


def _flatten_row(pairs: Rows, given: Fields, names: Array, row: np.int64, record: int) -> list[Pair]:
    try:
        value = read_odd(pairs, given, int(np.searchsorted(given.row, row)))
        return flatten(names[int(row)].as_py(), value)
    except PayloadError as error:
        raise PayloadError(error.message, index=record, cure=error.cure) from error


def _assemble(
    owner: Ints,
    strings: tuple[Array, Array],
    integers: tuple[Ints, Ints],
    odd: tuple[np.ndarray[tuple[int], np.dtype[np.bool_]], list[list[Pair]]],
) -> tuple[Ints, Array, Array]:
    """Pairs of all kinds in their order; an odd one may have become several."""
    count = len(owner)
    flat = [pair for pairs in odd[1] for pair in pairs]
    value_at = np.arange(count)
    value_at[integers[0]] = count + np.arange(len(integers[0]))
    sizes = np.ones(count, np.int64)
    sizes[odd[0]] = [len(pairs) for pairs in odd[1]]
    source = np.repeat(np.arange(count), sizes)
    name_at, value_at = source.copy(), value_at[source]
    from_odd = odd[0][source]
    name_at[from_odd] = count + np.arange(len(flat))
    value_at[from_odd] = count + len(integers[0]) + np.arange(len(flat))
    names = pa.concat_arrays([strings[0], pa.array([name for name, _ in flat], pa.string())])
    values = pa.concat_arrays(
        [
            strings[1],
            pa.array(integers[1]).cast(pa.string()),
            pa.array([value for _, value in flat], pa.string()),
        ]
    )
    return owner[source], names.take(pa.array(name_at)), values.take(pa.array(value_at))
