"""Which tenant a request belongs to.

Source: Grafana's "tenant IDs" restrictions, which Loki, Mimir and Tempo share: at most 150 bytes
of `0-9 a-z A-Z ! - _ . * ' ( )`, and neither `.` nor `..` (a tenant may become a path).
"""

from __future__ import annotations

import re

from prologue.model.errors import UserError

TENANT_HEADER = "x-scope-orgid"
DEFAULT_TENANT = "default"
MAX_TENANT_BYTES = 150

_VALID = re.compile(r"[0-9a-zA-Z!\-_.*'()]+")


def resolve_tenant(header: str | None) -> str:
    """The tenant that `X-Scope-OrgID` names; `default` where the header is absent or empty.

    >>> resolve_tenant(None), resolve_tenant("team-a")
    ('default', 'team-a')

    Raises `UserError` with code `bad_tenant`.
    """
    if not header:
        return DEFAULT_TENANT
    if "|" in header:
        raise UserError(
            "X-Scope-OrgID names more than one tenant",
            cure="name exactly one tenant",
            code="bad_tenant",
        )
    if len(header) > MAX_TENANT_BYTES or header in (".", "..") or not _VALID.fullmatch(header):
        raise UserError(
            f"X-Scope-OrgID {header[:40]!r} is not a tenant id",
            cure=f"use 1 to {MAX_TENANT_BYTES} characters of a-z A-Z 0-9 ! - _ . * ' ( ), not '.' or '..'",
            code="bad_tenant",
        )
    return header
