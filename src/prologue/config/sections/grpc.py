"""The gRPC server."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from prologue.config.section import ListenOrOff, Section


class Grpc(Section, frozen=True):
    """The gRPC server: OpenTelemetry logs (OTLP) and Envoy's access logs (ALS)."""

    listen: Annotated[
        ListenOrOff,
        Meta(
            description="Address and port of the gRPC server. Where the default is taken by another program,"
            " Prologue warns and goes on without; an address that you chose must be free. Empty: off."
        ),
    ] = "127.0.0.1:4317"
    tls_cert: Annotated[
        str, Meta(description="PEM file of the server's certificate and its chain. Empty: no TLS.")
    ] = ""
    tls_key: Annotated[str, Meta(description="PEM file of the certificate's private key.")] = ""
    tls_client_ca: Annotated[
        str,
        Meta(
            description="PEM file of the CA whose certificates clients must show (mTLS). Empty: any client"
            " may connect."
        ),
    ] = ""
