"""The handshake of Fluent Forward: HELO, PING, PONG, by which both sides prove that they know a key.

Source: Forward Protocol Specification v1.5, "Handshake messages". Digests are SHA-512 in lower-case hex of
`salt + host name + nonce + shared key`; of a user, of `auth salt + name + password`. Nothing here is text:
senders put random bytes where the specification says string.

Next chapter: `session.py`, which begins a connection with it.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Mapping
from dataclasses import dataclass, field

import msgpack

from prologue.model.errors import UserError

_SALT_BYTES = 16
_PING_FIELDS = 6


@dataclass(frozen=True, slots=True)
class Secrets:
    """What a sender must know: the shared key and, where there are any, a user's password."""

    shared_key: bytes
    hostname: str
    users: Mapping[str, str] = field(default_factory=dict)


class Handshake:
    """The server's side for one connection."""

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets
        self._nonce = os.urandom(_SALT_BYTES)
        self._auth = os.urandom(_SALT_BYTES) if secrets.users else b""

    def helo(self) -> bytes:
        return _packed(["HELO", {"nonce": self._nonce, "auth": self._auth, "keepalive": True}])

    def pong(self, ping: object) -> tuple[bytes, UserError | None]:
        """The answer to what should be a PING, unpacked without decoding, and why it was refused.

        The reason is not told in detail to who does not know the key.
        """
        try:
            host, salt, user, password, digest = _fields_of(ping)
        except ValueError as error:
            return self._refusal(str(error))
        expected = _digest(salt, host, self._nonce, self._secrets.shared_key)
        if not hmac.compare_digest(expected, digest):
            return self._refusal("shared_key mismatch")
        if self._secrets.users and not self._knows(user, password):
            return self._refusal("username/password mismatch")
        proof = _digest(salt, self._secrets.hostname.encode(), self._nonce, self._secrets.shared_key)
        return _packed(["PONG", True, "", self._secrets.hostname, proof.decode()]), None

    def _knows(self, user: bytes, password: bytes) -> bool:
        known = self._secrets.users.get(user.decode("utf-8", "replace"))
        # A name that nobody has costs as much as one that somebody has.
        expected = _digest(self._auth, user, (known or "").encode())
        return hmac.compare_digest(expected, password) and known is not None

    def _refusal(self, reason: str) -> tuple[bytes, UserError]:
        error = UserError(
            f"the handshake failed: {reason}",
            cure="give the sender the shared key of fluent.shared_key, and a user of fluent.users",
        )
        return _packed(["PONG", False, reason, "", ""]), error


def _fields_of(ping: object) -> tuple[bytes, bytes, bytes, bytes, bytes]:
    """Host name, salt, user, password digest and shared key digest. Raises ValueError."""
    if not isinstance(ping, list) or len(ping) != _PING_FIELDS or ping[0] != b"PING":
        raise ValueError("a PING was expected; the sender must use the shared key")
    if not all(isinstance(field, bytes) for field in ping):
        raise ValueError("a PING of six strings was expected")
    _, host, salt, digest, user, password = ping
    return host, salt, user, password, digest


def _digest(*parts: bytes) -> bytes:
    return hashlib.sha512(b"".join(parts)).hexdigest().encode()


def _packed(message: object) -> bytes:
    packed: bytes = msgpack.packb(message)
    return packed
