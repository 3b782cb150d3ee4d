"""Which listeners the configuration makes, and what it says of settings that make no sense."""

from __future__ import annotations

import pytest

from prologue.app.streams import listeners_for
from prologue.config.sections.streams import Fluent, Gelf, Syslog
from prologue.config.settings import Settings
from prologue.model.errors import ConfigError
from prologue.receive.streams.catalog import STREAMS

ANY = "127.0.0.1:0"


def test_all_are_off_until_an_address_is_set():
    assert listeners_for(Settings()) == []


def test_every_receiver_can_be_switched_on_over_every_transport():
    tls = {"tls_listen": ANY, "tls_cert": "c", "tls_key": "k"}
    listeners = listeners_for(
        Settings(
            syslog=Syslog(udp_listen=ANY, tcp_listen=ANY, unix_path="/run/x", **tls),
            fluent=Fluent(listen=ANY, **tls),
            gelf=Gelf(udp_listen=ANY, tcp_listen=ANY, **tls),
        )
    )
    found = {(one.receiver.name, one.endpoint.transport) for one in listeners}
    assert found == {(kind.name, transport) for kind in STREAMS for transport in kind.transports}


def test_what_a_listener_is_told():
    [listener] = listeners_for(
        Settings(
            syslog=Syslog(
                udp_listen=ANY,
                tenant="team-a",
                tenants={"10.0.0.0/8": "team-b"},
                time_zone="Europe/Berlin",
                time_zones={"10.1.0.0/16": "Asia/Tokyo"},
                max_connections=7,
            )
        )
    )
    assert (listener.tenant, listener.zone, listener.limits.max_connections) == ("team-a", "Europe/Berlin", 7)
    assert listener.tenants == (("10.0.0.0/8", "team-b"),)
    assert listener.zones == (("10.1.0.0/16", "Asia/Tokyo"),)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        (Settings(syslog=Syslog(time_zone="Mars/Olympus")), "syslog.time_zone"),
        (Settings(syslog=Syslog(time_zone="../etc/passwd")), "syslog.time_zone"),
        (Settings(syslog=Syslog(time_zones={"10.0.0.0/8": "nowhere"})), "syslog.time_zones"),
        (Settings(syslog=Syslog(time_zones={"ten": "UTC"})), "syslog.time_zones"),
        (Settings(gelf=Gelf(tenant="a|b")), "gelf.tenant"),
        (Settings(gelf=Gelf(tenants={"10.0.0.0/8": ".."})), "gelf.tenants"),
        (Settings(gelf=Gelf(tenants={"10.0.0.0/99": "a"})), "gelf.tenants"),
        (Settings(fluent=Fluent(tls_listen=ANY)), "fluent.tls_listen"),
        (Settings(fluent=Fluent(tls_listen=ANY, tls_cert="c")), "fluent.tls_key"),
        (Settings(fluent=Fluent(users={"a": "b"})), "fluent.users"),
    ],
)
def test_settings_that_make_no_sense(settings, key):
    with pytest.raises(ConfigError) as caught:
        listeners_for(settings)
    assert caught.value.key == key
    assert caught.value.cure


def test_secrets_are_not_shown():
    from prologue.config.schema import schema_of
    from prologue.config.values import show_value

    schema = schema_of(Settings)
    for path, value in (("fluent.shared_key", "secret"), ("fluent.users", {"web": "secret"})):
        key = schema.key(path)
        assert key is not None
        assert "secret" not in show_value(key, value)
