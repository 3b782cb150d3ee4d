"""TLS for every listener: one place decides protocol versions and what a client must show.

A certificate file may hold the chain, the server's own first. With `client_ca`, a client must present a
certificate that it signed (mutual TLS). Files are read when the listener starts, and again when they have
changed: a renewed certificate is shown to whoever connects next, and one that is of no use leaves the old
one in place.

Next chapter: `prologue.receive.http` and `prologue.receive.streams.server`, which listen.
"""

from __future__ import annotations

import logging
import ssl
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from prologue.model.errors import ConfigError

logger = logging.getLogger(__name__)

Stamp: TypeAlias = tuple[tuple[int, int, int], ...]


@dataclass(frozen=True, slots=True)
class TlsSettings:
    """PEM files. `section` is the settings' section that names them, for errors: `syslog` for
    `syslog.tls_cert`."""

    cert: Path
    key: Path
    client_ca: Path | None = None
    section: str = "http"

    def server_context(self) -> ssl.SSLContext:
        """TLS 1.2 and later. Raises `ConfigError` that names the setting whose file is of no use."""
        context = self.read()
        context.sni_callback = _Renewed(self, context).choose
        return context

    def stamp(self) -> Stamp:
        """What changes when a file is replaced or written; empty while one of them is not there."""
        files = [self.cert, self.key, *([self.client_ca] if self.client_ca else [])]
        try:
            found = [file.stat() for file in files]
        except OSError:
            return ()
        return tuple((one.st_ino, one.st_mtime_ns, one.st_size) for one in found)

    def read(self) -> ssl.SSLContext:
        """The files as they are now. Raises `ConfigError`."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_cert_chain(self.cert, self.key)
        except (OSError, ssl.SSLError) as error:
            raise self._useless("tls_cert", f"{self.cert} and {self.key}", error) from error
        if self.client_ca is not None:
            try:
                context.load_verify_locations(self.client_ca)
            except (OSError, ssl.SSLError) as error:
                raise self._useless("tls_client_ca", str(self.client_ca), error) from error
            context.verify_mode = ssl.CERT_REQUIRED
        return context

    def pem(self) -> tuple[bytes, bytes, bytes | None]:
        """Key, certificate and clients' CA as they stand in the files, for gRPC, which reads PEM itself.

        Raises `ConfigError` like `server_context`: gRPC would not say which file is of no use.
        """
        self.read()
        return (
            self.key.read_bytes(),
            self.cert.read_bytes(),
            self.client_ca.read_bytes() if self.client_ca else None,
        )

    def _useless(self, name: str, files: str, error: OSError | ssl.SSLError) -> ConfigError:
        key = f"{self.section}.{name}"
        reason = error.strerror or str(error)
        return ConfigError(
            f"{key}: {files} cannot be used: {reason}",
            key=key,
            cure="name readable PEM files: the certificate with its chain, and the key that belongs to it",
        )


class Renewal:
    """Whether the files have changed since it was asked last. Thread-safe.

    A certificate and its key are two files, so between the writing of both they do not fit: that is
    told in the log, and the change is looked at again when the next one connects.
    """

    def __init__(self, settings: TlsSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._stamp = settings.stamp()
        self._told: Stamp = ()

    def context(self) -> ssl.SSLContext | None:
        """The files read anew; None where they are as they were, or of no use."""
        with self._lock:
            stamp = self._settings.stamp()
            if not stamp or stamp == self._stamp:
                return None
            try:
                context = self._settings.read()
            except ConfigError as error:
                if stamp != self._told:
                    logger.error("%s; going on with the certificate before it", error.message)
                    self._told = stamp
                return None
            self._stamp = stamp
        logger.info("%s: read the changed TLS files", self._settings.section)
        return context


class _Renewed:
    """Chooses each connection's context. OpenSSL asks at every handshake, whether or not the client names
    the server it wants, and lets the connection change over."""

    def __init__(self, settings: TlsSettings, context: ssl.SSLContext) -> None:
        self._renewal = Renewal(settings)
        self._first = self._current = context

    def choose(self, connection: ssl.SSLObject, _name: str | None, _context: ssl.SSLContext) -> None:
        self._current = self._renewal.context() or self._current
        if self._current is not self._first:
            connection.context = self._current


def tls_settings(section: str, cert: str, key: str, client_ca: str = "") -> TlsSettings | None:
    """The settings of one section, None where it names no certificate.

    Raises `ConfigError` where a certificate comes without a key or a key without a certificate.
    """
    if cert and key:
        return TlsSettings(Path(cert), Path(key), Path(client_ca) if client_ca else None, section)
    given = {"tls_cert": cert, "tls_key": key, "tls_client_ca": client_ca}
    present = [name for name, file in given.items() if file]
    if not present:
        return None
    raise _incomplete(section, present[0], "tls_cert" if not cert else "tls_key")


def _incomplete(section: str, given: str, missing: str) -> ConfigError:
    return ConfigError(
        f"{section}.{given} is set and {section}.{missing} is not",
        key=f"{section}.{missing}",
        cure=f"set {section}.{missing} too, or neither",
    )
