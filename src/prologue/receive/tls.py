"""TLS for every listener: one place decides protocol versions and what a client must show.

A certificate file may hold the chain, the server's own first. With `client_ca`, a client must present a
certificate that it signed (mutual TLS). Files are read when the listener starts.

Next chapter: `prologue.receive.http` and `prologue.receive.streams.server`, which listen.
"""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from prologue.model.errors import ConfigError


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
        self.server_context()
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
