"""What is known of a sender by its address: the tenant it writes to, the time zone of its clock.

Networks are in CIDR notation; the longest one that holds the address counts. Next chapter: `listening.py`.
"""

from __future__ import annotations

import ipaddress
import zoneinfo
from collections.abc import Iterable

from prologue.model.errors import ConfigError, UserError
from prologue.receive.streams.batching import Place
from prologue.receive.streams.contract import Listener
from prologue.receive.tenant import resolve_tenant

_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Addresses whose place is remembered; an address costs a look through the networks again beyond it.
_REMEMBERED = 65_536


class Places:
    """The tenant and time zone of each address, by a listener's networks."""

    def __init__(self, listener: Listener) -> None:
        self.default: Place = (listener.tenant, listener.zone)
        self._tenants = _longest_first(listener.tenants)
        self._zones = _longest_first(listener.zones)
        self._known: dict[str, Place] = {}

    @property
    def differ(self) -> bool:
        """Whether there is more than one place."""
        return bool(self._tenants or self._zones)

    def of(self, address: str) -> Place:
        if not self.differ:
            return self.default
        place = self._known.get(address)
        if place is None:
            if len(self._known) >= _REMEMBERED:
                self._known.clear()
            place = self._known[address] = self._find(address)
        return place

    def _find(self, address: str) -> Place:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:  # a socket in the file system has no address
            return self.default
        tenant, zone = (
            next((value for network, value in networks if parsed in network), default)
            for networks, default in zip((self._tenants, self._zones), self.default, strict=True)
        )
        return tenant, zone


def plain_address(address: str) -> str:
    """An address as its sender knows it: a listener on [::] sees those of IPv4 as ::ffff:10.0.0.1.

    >>> plain_address("::ffff:10.0.0.1"), plain_address("fd00::1")
    ('10.0.0.1', 'fd00::1')
    """
    return address[7:] if address.startswith("::ffff:") and "." in address else address


def _longest_first(pairs: Iterable[tuple[str, str]]) -> list[tuple[_Network, str]]:
    networks = [(ipaddress.ip_network(network, strict=False), value) for network, value in pairs]
    return sorted(networks, key=lambda pair: -pair[0].prefixlen)


def require_networks(key: str, networks: Iterable[str]) -> None:
    """Raises `ConfigError` that names the setting for what is no network."""
    for network in networks:
        try:
            ipaddress.ip_network(network, strict=False)
        except ValueError as error:
            raise ConfigError(
                f"{key} has {network!r}, which is no network",
                key=key,
                cure="write networks like 10.1.0.0/16 or fd00::/8, one machine as its address",
            ) from error


def require_zones(key: str, zones: Iterable[str]) -> None:
    """Raises `ConfigError` that names the setting for a time zone nobody knows.

    The engine brings its own database; where this machine has none there is nothing to check against.
    """
    named = [zone for zone in zones if zone != "UTC"]
    known = zoneinfo.available_timezones() if named else set()
    for zone in named:
        if known and zone not in known:
            raise ConfigError(
                f"{key} has {zone!r}, which is no time zone",
                key=key,
                cure="use a name of the IANA time zone database, like Europe/Berlin or UTC",
            )


def require_tenants(key: str, tenants: Iterable[str]) -> None:
    """Raises `ConfigError` that names the setting for a name that no tenant can have."""
    for tenant in tenants:
        try:
            resolve_tenant(tenant)
        except UserError as error:
            raise ConfigError(
                f"{key} has {tenant!r}, which is no tenant id", key=key, cure=error.cure
            ) from error
