"""The environment: the only module of Prologue that reads it.

`PROLOGUE_SECTION__KEY` sets `section.key`; `PROLOGUE_DATA_DIR` sets `data_dir`. A variable with our
prefix that names no setting is an error, because a mistyped override that silently does nothing is
found at the worst time. Exempt are the few names other code reads (`RESERVED`) and the variables
that Kubernetes injects for a Service whose name begins with "prologue".

Next chapter: `prologue.config.load`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping

from prologue.config.entry import Entry, Origin
from prologue.config.schema import ENV_PREFIX, Key, Schema, nearest
from prologue.config.values import Raw
from prologue.model.errors import ConfigError

CONFIG = "PROLOGUE_CONFIG"
DEBUG = "PROLOGUE_DEBUG"
URL = "PROLOGUE_URL"
TENANT = "PROLOGUE_TENANT"
CA = "PROLOGUE_CA"
CERT = "PROLOGUE_CERT"
KEY = "PROLOGUE_KEY"

RESERVED: Mapping[str, str] = {
    CONFIG: "The configuration file, where `--config` is not given.",
    URL: "The server that client commands ask, where `--url` is not given.",
    TENANT: "The tenant that client commands act for, where `--tenant` is not given.",
    CA: "PEM file of the authority that client commands trust, where `--ca` is not given.",
    CERT: "PEM file of the certificate that client commands show, where `--cert` is not given.",
    KEY: "PEM file of that certificate's key, where `--key` is not given.",
    DEBUG: "Any value: a failing command shows its traceback.",
}

# Kubernetes, "Discovering services: Environment variables": {SVCNAME}_SERVICE_HOST and Docker's
# {SVCNAME}_PORT_80_TCP_ADDR family, for every Service in the pod's namespace.
_SERVICE_LINK = re.compile(
    r"PROLOGUE_(\w+_)?(SERVICE_HOST|SERVICE_PORT(_\w+)?|PORT_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)"
)
_SERVICE_URL = re.compile(r"(tcp|udp|sctp)://")


def variable(name: str, environ: Mapping[str, str] | None = None) -> str:
    """The value of one of the `RESERVED` variables, "" where it is not set."""
    return (os.environ if environ is None else environ).get(name, "")


def read_environment(schema: Schema, environ: Mapping[str, str] | None = None) -> Iterator[Entry]:
    """The entries of the environment (the process's own unless given). Raises ConfigError."""
    by_name = {key.env: key for key in schema.keys}
    for name, text in sorted((os.environ if environ is None else environ).items()):
        if not name.startswith(ENV_PREFIX) or name in RESERVED or _is_service_link(name, text):
            continue
        if key := by_name.get(name):
            yield Entry(key, _raw(key, name, text), Origin("env", name))
        else:
            raise _unknown(name, by_name)


def _is_service_link(name: str, text: str) -> bool:
    if _SERVICE_LINK.fullmatch(name):
        return True
    return name.endswith("_PORT") and bool(_SERVICE_URL.match(text))


def _raw(key: Key, name: str, text: str) -> Raw:
    """Lists and maps may be YAML (`[a, b]`, `{a: 1}`); everything else is plain text."""
    opening = {"list": "[", "map": "{"}.get(key.kind)
    if not opening or not text.lstrip().startswith(opening):
        return text
    # Here, because `prologue version` reads this module for its reserved names and needs no YAML.
    from prologue.config.yaml_file import read_value  # noqa: PLC0415 - as above

    return read_value(key, text, name)


def _unknown(name: str, by_name: Mapping[str, Key]) -> ConfigError:
    near = nearest(name, [*by_name, *RESERVED])
    return ConfigError(
        f"the environment sets {name}, which names no setting",
        key=name,
        cure=f"did you mean {near}?" if near else "unset it; see `prologue config show` for every key",
    )
