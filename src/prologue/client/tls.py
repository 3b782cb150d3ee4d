"""TLS as a client: which authority a server's certificate must come from, and what we show it."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path

from prologue.model.errors import UserError


@dataclass(frozen=True, slots=True)
class ClientTls:
    """PEM files. `ca` is trusted instead of the system's authorities; `cert` and `key` are shown to a
    server that asks for a certificate. Empty: the system's authorities, and nothing is shown."""

    ca: str | Path = ""
    cert: str | Path = ""
    key: str | Path = ""

    def context(self) -> ssl.SSLContext:
        """Raises UserError where a file is of no use."""
        try:
            context = ssl.create_default_context(cafile=str(self.ca) if self.ca else None)
            if self.cert:
                context.load_cert_chain(self.cert, self.key or None)
        except (OSError, ssl.SSLError) as error:
            named = ", ".join(str(file) for file in (self.ca, self.cert, self.key) if file)
            raise UserError(
                f"the TLS files {named} cannot be used: {error.strerror or error}",
                cure="name readable PEM files: the authority's certificate with --ca; ours and its key with"
                " --cert and --key",
            ) from error
        return context
