"""The receivers that are sockets: syslog, Fluent Forward, GELF. All are off until an address is set."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from prologue.config.section import SECRET, ListenOrOff, Section, Size
from prologue.receive.fluent.receiver import STREAM_FIELDS

_MIB = 1024**2


class StreamSection(Section, frozen=True):
    """What the stream receivers have in common."""

    tenant: Annotated[str, Meta(description="Tenant of what is received here.")] = "default"
    tenants: Annotated[
        dict[str, str],
        Meta(
            description="Other tenants by the sender's network, the smallest that fits counts:"
            " `{10.1.0.0/16: team-a, 10.1.7.9: team-b}`."
        ),
    ] = {}
    max_connections: Annotated[
        int, Meta(ge=1, description="Most connections of one address open at once; others are turned away.")
    ] = 10_000
    tls_cert: Annotated[
        str, Meta(description="PEM file of the certificate for `tls_listen`, its chain behind it.")
    ] = ""
    tls_key: Annotated[str, Meta(description="PEM file of the certificate's key.")] = ""
    tls_client_ca: Annotated[
        str,
        Meta(
            description="PEM file of the authority that signs senders' certificates. Set: a sender must"
            " present one (mutual TLS)."
        ),
    ] = ""


class Syslog(StreamSection, frozen=True):
    """Syslog, RFC 5424 and RFC 3164; ports by custom 514, here 5514, which needs no root."""

    udp_listen: Annotated[
        ListenOrOff, Meta(description="Address for datagrams, usually `127.0.0.1:5514`. Empty: off.")
    ] = ""
    tcp_listen: Annotated[
        ListenOrOff,
        Meta(
            description="Address for TCP, usually `127.0.0.1:5514`; octet counting and line feeds are told"
            " apart. Empty: off."
        ),
    ] = ""
    tls_listen: Annotated[
        ListenOrOff,
        Meta(
            description="Address for TLS (RFC 5425), usually `0.0.0.0:6514`; wants `tls_cert` and `tls_key`."
            " Empty: off."
        ),
    ] = ""
    unix_path: Annotated[
        str,
        Meta(description="Path of a local datagram socket, such as `/run/prologue/log`. Empty: off."),
    ] = ""
    format: Annotated[
        Literal["auto", "rfc5424", "rfc3164"],
        Meta(description="`auto` tells messages of both apart by their version number."),
    ] = "auto"
    time_zone: Annotated[
        str,
        Meta(
            description="Time zone of senders that do not say theirs (RFC 3164), as the IANA database names"
            " it: `Europe/Berlin`."
        ),
    ] = "UTC"
    time_zones: Annotated[
        dict[str, str],
        Meta(
            description="Other time zones by the sender's network, the smallest that fits counts:"
            " `{10.2.0.0/16: America/New_York}`."
        ),
    ] = {}
    max_message_bytes: Annotated[
        Size, Meta(ge=1024, description="A longer message is stored in pieces; no part of it is dropped.")
    ] = 256 * 1024


class Fluent(StreamSection, frozen=True):
    """Fluent Forward, as Fluentd, Fluent Bit and Docker's fluentd driver speak it."""

    listen: Annotated[
        ListenOrOff, Meta(description="Address for TCP, usually `127.0.0.1:24224`. Empty: off.")
    ] = ""
    tls_listen: Annotated[
        ListenOrOff,
        Meta(description="Address for TLS; wants `tls_cert` and `tls_key`. Empty: off."),
    ] = ""
    shared_key: Annotated[
        str,
        SECRET,
        Meta(description="Key that senders must know (`shared_key` there). Empty: no handshake."),
    ] = ""
    users: Annotated[
        dict[str, str],
        SECRET,
        Meta(
            description="Passwords by user name, beside the shared key: a sender must know one of them."
            " Empty: none is asked for."
        ),
    ] = {}
    hostname: Annotated[
        str,
        Meta(description="Name that senders are told in the handshake. Empty: this machine's."),
    ] = ""
    stream_fields: Annotated[
        tuple[str, ...],
        Meta(
            description="Fields of a record that become stream labels, nested ones by their path;"
            " `fluent_tag` is the tag. The others are attributes."
        ),
    ] = STREAM_FIELDS
    max_message_bytes: Annotated[
        Size, Meta(ge=1024, description="Largest message, as it travels. A larger one ends the connection.")
    ] = 32 * _MIB
    max_decompressed_bytes: Annotated[
        Size, Meta(ge=1024, description="Largest chunk once it is decompressed.")
    ] = 64 * _MIB


class Gelf(StreamSection, frozen=True):
    """GELF over UDP (chunked), TCP and TLS. Over HTTP it is taken on the main port (`/gelf`)."""

    udp_listen: Annotated[
        ListenOrOff, Meta(description="Address for datagrams, usually `127.0.0.1:12201`. Empty: off.")
    ] = ""
    tcp_listen: Annotated[
        ListenOrOff,
        Meta(description="Address for TCP, usually `127.0.0.1:12201`; a NUL ends a message. Empty: off."),
    ] = ""
    tls_listen: Annotated[
        ListenOrOff,
        Meta(description="Address for TLS; wants `tls_cert` and `tls_key`. Empty: off."),
    ] = ""
    max_message_bytes: Annotated[Size, Meta(ge=1024, description="Largest message, once it is unpacked.")] = (
        _MIB
    )
    max_chunks_bytes: Annotated[
        Size, Meta(ge=64 * 1024, description="Most that chunks of incomplete messages may hold in memory.")
    ] = 32 * _MIB
