"""Which trace an entry belongs to.

Envoy's entries have no field for it. In this order: the header `traceparent` (W3C Trace Context), the B3
headers, both where the listener logs them (`additional_request_headers_to_log`); else `request_id`, then
`stream_id`, where it is a UUID: its 32 digits then join the entries of one request on all its hops.
"""

from __future__ import annotations

import numpy as np

from prologue.receive.arrow import Array, pa, pc
from prologue.receive.columns import Ints

_TRACEPARENT = r"^[0-9a-f]{2}-(?P<trace>[0-9a-f]{32})-(?P<span>[0-9a-f]{16})-[0-9a-f]{2}"
_B3 = r"^(?P<trace>[0-9a-f]{32}|[0-9a-f]{16})-(?P<span>[0-9a-f]{16})"
_B3_ID = r"^(?P<id>[0-9a-f]{32}|[0-9a-f]{16})$"
_UUID = (
    r"^(?P<a>[0-9a-f]{8})-?(?P<b>[0-9a-f]{4})-?(?P<c>[0-9a-f]{4})-?(?P<d>[0-9a-f]{4})-?(?P<e>[0-9a-f]{12})$"
)


def trace_ids(
    count: int, headers: tuple[Ints, Array, Array], request_id: Array, stream_id: Array
) -> tuple[Array, Array]:
    """Trace and span ids of `count` entries, empty where there is none."""
    w3c = _groups(_header(headers, "traceparent", count), _TRACEPARENT, "trace", "span")
    b3 = _groups(_header(headers, "b3", count), _B3, "trace", "span")
    trace = _groups(_header(headers, "x-b3-traceid", count), _B3_ID, "id")[0]
    span = _groups(_header(headers, "x-b3-spanid", count), _B3_ID, "id")[0]
    ids = (
        pc.binary_join_element_wise(*_groups(column, _UUID, *"abcde"), "")
        for column in (request_id, stream_id)
    )
    return _first(w3c[0], b3[0], trace, *ids), _first(w3c[1], b3[1], span)


def _header(headers: tuple[Ints, Array, Array], name: str, count: int) -> Array:
    owner, names, values = headers
    found = np.flatnonzero(pc.equal(names, name).to_numpy(zero_copy_only=False)) if len(owner) else owner
    if not len(found):
        return pa.repeat("", count)
    at = np.full(count, len(owner))
    at[owner[found]] = found
    return pa.concat_arrays([values, pa.array([""], pa.string())]).take(pa.array(at))


def _groups(values: Array, pattern: str, *names: str) -> list[Array]:
    """The named groups of the pattern, empty where it does not match."""
    found = pc.extract_regex(pc.ascii_lower(values), pattern)
    return [pc.fill_null(pc.struct_field(found, name), "") for name in names]


def _first(*columns: Array) -> Array:
    """In each row the first that is not empty."""
    result = columns[-1]
    for column in reversed(columns[:-1]):
        result = pc.if_else(pc.not_equal(column, ""), column, result)
    return result
