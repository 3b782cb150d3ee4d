"""Options that several commands share, and what they become."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from prologue.config.environment import CA, CERT, KEY, TENANT, URL, variable

if TYPE_CHECKING:
    from prologue.client.http import Client

Callback = Callable[..., Any]

# The address where a server with these settings can be asked, for wildcard addresses.
_WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}  # noqa: S104 - recognised, not bound
_DEFAULT_PORT = 3100

MULTILINE = "Which lines are one record: java, python, ..., `start: REGEX` or `continuation: REGEX`."


def settings_options(function: Callback) -> Callback:
    """`--config` and the settings that have a flag; passes `config` and `flags` by dotted key."""

    @click.option("--config", type=click.Path(path_type=Path), help="Configuration file (YAML).")
    @click.option("--listen", metavar="HOST:PORT", help="Address of the HTTP server.")
    @click.option("--data-dir", metavar="DIR", help="Folder for everything that is stored.")
    @click.option("--log-level", metavar="LEVEL", help="debug, info, warning or error.")
    @wraps(function)
    def wrapper(
        *, config: Path | None, listen: str | None, data_dir: str | None, log_level: str | None, **rest: Any
    ) -> Any:
        flags = {"http.listen": listen, "data_dir": data_dir, "log.level": log_level}
        return function(config=config, flags=flags, **rest)

    return wrapper


def agent_options(function: Callback) -> Callback:
    """`--config` and the agent's settings that have a flag; passes `config` and `flags` by dotted key."""

    @click.option("--config", type=click.Path(path_type=Path), help="Configuration file (YAML).")
    @click.option("--url", metavar="URL", help="Where to ship to.")
    @click.option("--data-dir", metavar="DIR", help="Folder for what is remembered, and not shipped yet.")
    @click.option("--log-level", metavar="LEVEL", help="debug, info, warning or error.")
    @wraps(function)
    def wrapper(
        *, config: Path | None, url: str | None, data_dir: str | None, log_level: str | None, **rest: Any
    ) -> Any:
        flags = {"agent.url": url, "data_dir": data_dir, "log.level": log_level}
        return function(config=config, flags=flags, **rest)

    return wrapper


def server_options(function: Callback) -> Callback:
    """`--url`, `--tenant` and the files of TLS; passes an open `client`."""

    @click.option("--url", metavar="URL", help=f"Server to ask (else ${URL}, else where `up` listens).")
    @click.option("--tenant", metavar="NAME", help=f"Tenant to act for (else ${TENANT}).")
    @click.option("--ca", metavar="FILE", help=f"PEM of the authority to trust (else ${CA}).")
    @click.option("--cert", metavar="FILE", help=f"PEM of the certificate to show (else ${CERT}).")
    @click.option("--key", metavar="FILE", help=f"PEM of its key (else ${KEY}).")
    @wraps(function)
    def wrapper(
        *, url: str | None, tenant: str | None, ca: str | None, cert: str | None, key: str | None, **rest: Any
    ) -> Any:
        with open_client(url, tenant, ca=ca, cert=cert, key=key) as client:
            return function(client=client, **rest)

    return wrapper


def open_client(
    url: str | None,
    tenant: str | None,
    *,
    ca: str | None = None,
    cert: str | None = None,
    key: str | None = None,
) -> Client:
    """A client for the server that the options and the environment name."""
    from prologue.client.http import connect  # noqa: PLC0415 - costs 0.1 s that `--help` need not wait for

    return connect(
        url or default_url(),
        tenant=tenant or variable(TENANT),
        ca=ca or variable(CA),
        cert=cert or variable(CERT),
        key=key or variable(KEY),
    )


def default_url() -> str:
    """`PROLOGUE_URL`, else the address that `prologue up` would listen on with the same environment."""
    if named := variable(URL):
        return named
    from prologue.config.load import load  # noqa: PLC0415 - as above
    from prologue.config.values import parse_listen  # noqa: PLC0415

    http = load().settings.http
    host, port = parse_listen(http.listen)
    shown = _WILDCARDS.get(host) or (f"[{host}]" if ":" in host else host)
    return f"{'https' if http.tls_cert else 'http'}://{shown}:{port or _DEFAULT_PORT}"
