"""What a gRPC call says of itself: its tenant, its peer, whether its messages are compressed."""

from __future__ import annotations

from urllib.parse import unquote

import grpc

from prologue.receive.tenant import TENANT_HEADER, resolve_tenant


def tenant_of(context: grpc.aio.ServicerContext[bytes, bytes]) -> str:
    """The tenant of the metadata `x-scope-orgid`. Raises `UserError`."""
    for key, value in context.invocation_metadata() or ():
        if key == TENANT_HEADER:
            return resolve_tenant(value if isinstance(value, str) else value.decode("ascii", "replace"))
    return resolve_tenant(None)


def peer_of(context: grpc.aio.ServicerContext[bytes, bytes]) -> str:
    """The address of the other side without its port.

    gRPC writes `ipv4:10.0.0.1:4711` and `ipv6:%5B::1%5D:4711` (doc/naming.md); anything else stays whole.
    """
    kind, _, address = unquote(context.peer()).partition(":")
    if kind not in ("ipv4", "ipv6"):
        return unquote(context.peer())
    return address.rpartition(":")[0].strip("[]")


def encoding_of(message: bytes) -> dict[str, str]:
    """`content-encoding` of a message as it came, empty where it is plain.

    The server leaves messages compressed, so that they are unpacked under our limits, but does not tell
    by what. Their first byte does: our messages begin with the tag of a field from 1 to 3 (0x0a, 0x12,
    0x1a), gzip with 0x1f, which is no tag at all, and zlib, gRPC's "deflate", with 0x78 and a check.
    """
    if message[:2] == b"\x1f\x8b":
        return {"content-encoding": "gzip"}
    if message[:1] == b"\x78" and int.from_bytes(message[:2], "big") % 31 == 0:
        return {"content-encoding": "deflate"}
    return {}
