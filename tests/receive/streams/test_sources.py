"""Tenants and time zones by a sender's address."""

from __future__ import annotations

from prologue.receive.gelf import receiver as gelf
from prologue.receive.streams.contract import Endpoint, Listener, Transport
from prologue.receive.streams.sources import Places


def places(**known: tuple[tuple[str, str], ...]) -> Places:
    endpoint = Endpoint(Transport.UDP, "127.0.0.1:0", "gelf.udp_listen")
    return Places(Listener(gelf.receiver(gelf.GelfSettings()), endpoint, tenant="t", zone="UTC", **known))


def test_the_longest_network_counts():
    found = places(
        tenants=(("10.0.0.0/8", "wide"), ("10.1.2.3", "one"), ("10.1.0.0/16", "narrow")),
        zones=(("fd00::/8", "Asia/Tokyo"),),
    )
    assert found.of("10.9.9.9") == ("wide", "UTC")
    assert found.of("10.1.9.9") == ("narrow", "UTC")
    assert found.of("10.1.2.3") == ("one", "UTC")
    assert found.of("fd00::1") == ("t", "Asia/Tokyo")
    assert found.of("192.0.2.1") == found.of("") == ("t", "UTC")


def test_without_networks_all_are_alike():
    assert not places().differ
    assert places().of("10.0.0.1") == ("t", "UTC")
