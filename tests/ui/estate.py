"""An hour of a small shop with an incident in it, for the pictures: the same lines every time."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Iterator

from tests.ui.conftest import NS, Stamped, Tenant

MINUTE = 60 * NS
_SERVICES = {"frontend": 9, "cart": 7, "checkout": 6, "inventory": 4, "payments": 4, "auth": 3}
_INCIDENT = range(21, 30)  # minutes ago
_SAID = {
    "error": ("gateway timeout after 3000ms", "could not reserve stock: deadline exceeded"),
    "warn": ("retrying request", "slow query", "queue depth growing"),
    "info": ("order placed", "session refreshed", "item added to cart", "request completed"),
    "debug": ("cache hit", "price list reloaded"),
}


def _level(dice: random.Random, service: str, minute: int) -> str:
    burning = minute in _INCIDENT and service in ("payments", "checkout")
    weights = (45, 15, 32, 8) if burning else (1, 4, 76, 19)
    return dice.choices(("error", "warn", "info", "debug"), weights)[0]


def _text(dice: random.Random, service: str, level: str) -> str:
    message = dice.choice(_SAID[level])
    status = {"error": 504, "warn": 429}.get(level, 200)
    took = dice.randrange(2, 3000 if level == "error" else 160)
    if service in ("checkout", "payments"):
        path = "/api/checkout"
        order = dice.randrange(10**9)
        return json.dumps(
            {"level": level, "msg": message, "path": path, "status": status, "ms": took, "order": order}
        )
    return f'level={level} msg="{message}" method=GET path=/api/{service} status={status} dur={took}ms'


def _hour(dice: random.Random, now: int, service: str, weight: int) -> Iterator[Stamped]:
    for minute in range(60):
        busy = weight * (1.1 + 0.5 * math.sin(minute / 9))
        for _ in range(round(busy)):
            at = now - minute * MINUTE - dice.randrange(MINUTE)
            text = _text(dice, service, _level(dice, service, minute))
            yield at, text, {"version": "2.14.3", "trace_id": f"{dice.getrandbits(128):032x}"}


def push_shop(tenant: Tenant, now: int) -> None:
    """Push the hour before `now`, Unix ns."""
    dice = random.Random(11)
    for service, weight in _SERVICES.items():
        stream = {
            "service_name": service,
            "namespace": "shop",
            "pod": f"{service}-7d9f-x2k",
            "host": "node-1",
        }
        tenant.push_at(stream, sorted(_hour(dice, now, service, weight), key=lambda line: line[0]))
