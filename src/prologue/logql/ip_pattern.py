"""The argument of `ip("...")`: one address, a range of addresses, or a network in CIDR notation.

Source: Loki's documentation, "Matching IP addresses".
"""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

from prologue.logql.problems import TextProblem

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_CURE = 'write ip("192.168.0.1"), ip("192.168.0.1-192.168.0.9") or ip("192.168.0.0/16")'


@dataclass(frozen=True, slots=True)
class IpRange:
    """The addresses from `first` to `last`, both included, of one version (4 or 6)."""

    first: Address
    last: Address

    @property
    def version(self) -> int:
        return self.first.version


def parse_ip_pattern(source: str) -> IpRange:
    """Raises `TextProblem` where the text is none of the three forms.

    >>> str(parse_ip_pattern("192.168.4.5/16").last)
    '192.168.255.255'
    """
    try:
        if "/" in source:
            network = ipaddress.ip_network(source.strip(), strict=False)
            return IpRange(network[0], network[-1])
        first, dash, last = source.partition("-")
        start = ipaddress.ip_address(first.strip())
        end = ipaddress.ip_address(last.strip()) if dash else start
    except ValueError:
        raise TextProblem(f"`{source}` is not an IP address, range or network", 0, _CURE) from None
    if start.version != end.version:
        raise TextProblem("the range mixes IPv4 and IPv6", 0, _CURE)
    if int(end) < int(start):
        raise TextProblem("the range ends before it starts", 0, "put the lower address first")
    return IpRange(start, end)
