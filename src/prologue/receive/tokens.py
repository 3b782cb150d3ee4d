"""Tokens and signatures: who may send, where the operator said so.

Next chapter: `prologue.config.sections.receivers`, where the accepted ones are set.
"""

from __future__ import annotations

import base64
import binascii
import hmac
from collections.abc import Mapping

from prologue.model.errors import Unauthorized
from prologue.receive.receiver import Push, admit_everyone
from prologue.receive.settings import ReceiveSettings
from prologue.receive.tenant import resolve_tenant


def tenant_of_token(
    push: Push, settings: ReceiveSettings, token: str, accepted: Mapping[str, str], where: str
) -> str:
    """The tenant that `token` is good for; where none are accepted by name, everybody may send.

    `where` says where the protocol carries its token. Raises `Unauthorized`.
    """
    if not accepted:
        return admit_everyone(push, settings)
    if not token:
        raise Unauthorized("the request has no token", missing=True, cure=f"send a token as {where}")
    # Every one is compared, in constant time: how long it took must not tell how near a guess was.
    tenants = [tenant for known, tenant in accepted.items() if same_secret(known, token)]
    if not tenants:
        raise Unauthorized("the request's token is not one of the accepted ones", cure=f"check {where}")
    return resolve_tenant(tenants[0])


def require_token(token: str, accepted: str, where: str) -> None:
    """Raises `Unauthorized` where a token is set and this is not it; without one everybody may send."""
    if not accepted:
        return
    if not token:
        raise Unauthorized("the request has no token", missing=True, cure=f"send it as {where}")
    if not same_secret(accepted, token):
        raise Unauthorized("the request's token is not the accepted one", cure=f"check {where}")


def same_secret(known: str, sent: str) -> bool:
    """Whether two secrets are equal, in a time that does not depend on where they differ."""
    return hmac.compare_digest(known.encode(), sent.encode("utf-8", "surrogateescape"))


def basic_password(authorization: str) -> str:
    """The password of an `Authorization: Basic`; empty where it is none."""
    scheme, _, encoded = authorization.partition(" ")
    if scheme.lower() != "basic":
        return ""
    try:
        user_and_password = base64.b64decode(encoded.strip(), validate=True).decode("utf-8", "replace")
    except binascii.Error:
        return ""
    return user_and_password.partition(":")[2]
