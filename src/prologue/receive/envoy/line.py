"""An entry as one line: Envoy's default text format, so that what reads access logs reads these too.

    [start] "METHOD path protocol" status flags received sent duration service-time
    "x-forwarded-for" "user-agent" "x-request-id" "authority" "upstream host"

in one line; what there is none of is `-`. TCP entries have the same form with `- - -` for the request.

Source: Envoy's documentation, "Access logging", "Default format string".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from prologue.receive.arrow import Array, pa, pc
from prologue.receive.columns import Ints
from prologue.receive.envoy.parts import integers

_LAST_TIME = 253_402_300_799_999  # ms; the end of the year 9999


@dataclass(frozen=True, slots=True)
class Line:
    """The columns of the line that differ between HTTP and TCP. `service_time` in ns, -1 for none."""

    method: Array
    path: Array
    protocol: Array
    status: Ints
    received: Ints
    sent: Ints
    service_time: Ints
    forwarded_for: Array
    user_agent: Array
    request_id: Array
    authority: Array

    @classmethod
    def of_tcp(cls, count: int, received: Ints, sent: Ints) -> Line:
        none = pa.repeat("", count)
        zero = np.zeros(count, np.int64)
        return cls(*(none, none, none, zero, received, sent, zero - 1), *(none, none, none, none))


def render(line: Line, start: Ints, duration: Ints, flags: Array, upstream_host: Array) -> Array:
    """The lines, as large_binary."""
    service_time = pc.if_else(pa.array(line.service_time < 0), "-", integers(line.service_time // 1_000_000))
    text = joined(
        *("[", _time(start), '] "', _or_dash(line.method), " ", _or_dash(line.path), " "),
        *(_or_dash(line.protocol), '" ', integers(line.status), " ", _or_dash(flags), " "),
        *(integers(line.received), " ", integers(line.sent), " ", integers(duration // 1_000_000), " "),
        *(service_time, ' "', _or_dash(line.forwarded_for), '" "', _or_dash(line.user_agent), '" "'),
        *(_or_dash(line.request_id), '" "', _or_dash(line.authority), '" "', _or_dash(upstream_host), '"'),
    )
    return text.cast(pa.large_binary())


def joined(*parts: Any) -> Array:
    """The parts, columns or text, side by side in each row."""
    return pc.binary_join_element_wise(*parts, "")


def _or_dash(values: Array) -> Array:
    return pc.if_else(pc.equal(values, ""), "-", values)


def _time(start: Ints) -> Array:
    milliseconds = np.clip(start // 1_000_000, 0, _LAST_TIME)
    times = pa.array(milliseconds, pa.timestamp("ms", tz="UTC"))
    return pc.strftime(times, format="%Y-%m-%dT%H:%M:%SZ")
