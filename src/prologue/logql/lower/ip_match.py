"""`ip("...")` in the engine: addresses found in a text and compared as 128-bit numbers.

An IPv4 address is the IPv6 address that maps it, so both versions compare the same way.
"""

from __future__ import annotations

import ipaddress

from prologue.logql.ip_pattern import Address, IpRange
from prologue.logql.lower.sql import Bindings

# Candidates in a line: runs of the characters an address is made of. Most are no address.
_CANDIDATES = {4: r"[0-9]{1,3}\.[0-9.]+", 6: r"[0-9a-fA-F]{0,4}:[0-9a-fA-F:.]+"}


def line_contains_ip(line: str, wanted: IpRange, bindings: Bindings) -> str:
    """Whether any address in the text is in the range."""
    candidates = f"extractAll({line}, {bindings.text(_CANDIDATES[wanted.version])})"
    return f"arrayExists(a -> {_within('a', wanted, bindings)}, {candidates})"


def _within(value: str, wanted: IpRange, bindings: Bindings) -> str:
    # A sentence may end behind an address.
    clean = f"trimRight({value}, '.:')" if wanted.version == 4 else value
    parsed = f"toIPv4OrNull({clean})" if wanted.version == 4 else f"toIPv6OrNull({clean})"
    convert = "toIPv4" if wanted.version == 4 else "toIPv6"
    first, last = (f"{convert}({bindings.text(_written(a))})" for a in (wanted.first, wanted.last))
    return f"ifNull({parsed} >= {first} AND {parsed} <= {last}, 0)"


def _written(address: Address) -> str:
    return str(ipaddress.ip_address(int(address)) if address.version == 4 else address)
