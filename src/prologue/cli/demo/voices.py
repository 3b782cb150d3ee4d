"""What each service says of a call it served, of its start and its end.

One function a service: `Calls` in, one event a row out. What the incident looks like is here: a
starved payment throws, checkout gives up on it, the gateway answers 504.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from prologue.cli.demo.estate import Pod
from prologue.cli.demo.formats import Event, Value
from prologue.cli.demo.story import BAD_VERSION, CULPRIT
from prologue.cli.demo.traffic import Calls

Row = tuple[float, bool, bool, str, int, int]
"""Of one call: duration in ms, failed, starved, trace id, user, item."""

_AGENTS = ("Mozilla/5.0 (X11; Linux x86_64)", "shop-ios/7.4.1", "shop-android/7.3.9", "curl/8.9.1")
_STACK = (
    "java.sql.SQLTransientConnectionException: HikariPool-1 - Connection is not available,"
    " request timed out after 3000ms (total=5, active=5, idle=0, waiting={waiting})",
    "\tat com.zaxxer.hikari.pool.HikariPool.createTimeoutException(HikariPool.java:696)",
    "\tat com.zaxxer.hikari.pool.HikariPool.getConnection(HikariPool.java:197)",
    "\tat shop.payment.LedgerRepository.reserve(LedgerRepository.java:88)",
    "\tat shop.payment.PaymentService.authorize(PaymentService.java:142)",
    "\tat shop.payment.PaymentController.post(PaymentController.java:57)",
    "\tat java.base/java.lang.Thread.run(Thread.java:1583)",
)
_TRACEBACK = (
    "Traceback (most recent call last):",
    '  File "/app/{name}/handlers.py", line 64, in handle',
    "    return self.backend.fetch(request, timeout=0.5)",
    "TimeoutError: the backend did not answer in 0.5 s",
)


def speak(calls: Calls) -> list[Event]:
    """One event for each call."""
    voice = _VOICES[calls.service]
    rows = zip(
        calls.duration_ms.tolist(),
        calls.failed.tolist(),
        calls.starved.tolist(),
        calls.trace,
        calls.user.tolist(),
        calls.item.tolist(),
        strict=True,
    )
    return [voice(calls, row) for row in rows]


def asides(calls: Calls) -> list[tuple[int, Event]]:
    """What is said beside the line of a call, by row: nginx writes failures into its error log too."""
    if calls.service != "gateway":
        return []
    return [
        (row, _upstream_error(calls, bool(calls.starved[row]), int(calls.user[row])))
        for row, failed in enumerate(calls.failed.tolist())
        if failed
    ]


def start_events(pod: Pod) -> list[Event]:
    """What a pod says when it comes up."""
    events = [Event("info", f"starting {pod.service} {pod.version}", f"{pod.service}.main")]
    if pod.service == CULPRIT:
        # The cause, for whoever asks what the new version does differently.
        size = 5 if pod.version == BAD_VERSION else 50
        events.append(
            Event(
                "info",
                f"HikariPool-1 - configuration: maximumPoolSize={size}",
                "com.zaxxer.hikari.HikariConfig",
            )
        )
    return [*events, Event("info", "ready to serve", f"{pod.service}.main")]


def stop_events(pod: Pod) -> list[Event]:
    """What a pod says when it is told to go."""
    return [Event("info", "received SIGTERM, draining connections", f"{pod.service}.main")]


def _gateway(calls: Calls, row: Row) -> Event:
    duration, failed, starved, trace, user, item = row
    status = 504 if starved else 500 if failed else 201 if calls.route.method == "POST" else 200
    path = calls.route.path + (f"/{item}" if calls.route.path == "/products" else "")
    return Event(
        "error" if failed else "info",
        "",
        "",
        {
            "client": f"203.0.113.{user % 250 + 1}",
            "method": calls.route.method,
            "path": path,
            "status": status,
            "bytes": 157 if failed else 800 + item * 7,
            "agent": _AGENTS[user % len(_AGENTS)],
            "seconds": f"{duration / 1000:.3f}",
            "trace_id": trace,
        },
    )


def _upstream_error(calls: Calls, starved: bool, user: int) -> Event:
    reason = "timed out (110: Connection timed out)" if starved else "prematurely closed connection"
    request = f"{calls.route.method} {calls.route.path} HTTP/1.1"
    upstream = f"http://{calls.route.calls[1]}.shop.svc:8080{calls.route.path}"
    message = (
        f"*{user} upstream {reason} while reading response header from upstream,"
        f' client: 203.0.113.{user % 250 + 1}, request: "{request}", upstream: "{upstream}"'
    )
    return Event("error", message, "")


def _cart(calls: Calls, row: Row) -> Event:
    duration, failed, _, trace, user, item = row
    fields: dict[str, Value] = {
        "userId": user,
        "items": item % 9,
        "durationMs": round(duration, 2),
        "traceId": trace,
    }
    if failed:
        return Event("error", "redis: connection reset by peer", "cart", {**fields, "command": "HGETALL"})
    if user % 97 == 0:
        return Event("warn", "cart is older than 30 days, prices refreshed", "cart", fields)
    verb = "item added" if calls.route.path == "/cart/items" else "cart loaded"
    return Event("info", verb, "cart", fields)


def _checkout(_: Calls, row: Row) -> Event:
    duration, failed, starved, trace, user, item = row
    fields: dict[str, Value] = {
        "orderID": f"o-{user}{item:03d}",
        "durationMs": round(duration),
        "traceID": trace,
    }
    if starved:
        error = "rpc error: code = DeadlineExceeded desc = payment.Authorize: context deadline exceeded"
        return Event("error", "Checkout failed", "checkout.go:218", {"err": error, **fields})
    if failed:
        return Event("error", "Checkout failed", "checkout.go:218", {"err": "upstream unavailable", **fields})
    return Event("info", "Order placed", "checkout.go:164", fields)


def _payment(_: Calls, row: Row) -> Event:
    duration, failed, starved, trace, user, item = row
    fields: dict[str, Value] = {"thread": f"http-nio-8080-exec-{user % 10 + 1}", "trace_id": trace}
    where = "shop.payment.PaymentService"
    amount = f"{item * 3 + 4}.{user % 100:02d} EUR"
    if starved:
        stack = tuple(line.format(waiting=user % 60 + 12) for line in _STACK)
        return Event("error", f"authorization of {amount} failed", where, fields, stack)
    if failed:
        return Event("error", f"authorization of {amount} declined by the acquirer: code 91", where, fields)
    if duration > 1000:
        message = f"slow authorization of {amount}: {duration:.0f} ms waiting for a connection"
        return Event("warn", message, where, fields)
    return Event("info", f"authorized {amount} in {duration:.0f} ms", where, fields)


def _catalog(_: Calls, row: Row) -> Event:
    duration, failed, _starved, trace, _user, item = row
    fields: dict[str, Value] = {"sku": f"sku-{item:04d}", "duration": f"{duration:.2f}ms", "trace_id": trace}
    if failed:
        return Event("error", "query failed", "", {**fields, "error": "canceling statement due to timeout"})
    if item % 61 == 0:
        return Event("warn", "stock is low", "", {**fields, "stock": item % 4})
    return Event("debug" if item % 5 == 0 else "info", "product served", "", {**fields, "cache": "hit"})


def _search(_: Calls, row: Row) -> Event:
    duration, failed, _starved, trace, user, item = row
    fields: dict[str, Value] = {
        "query": _WORDS[item % len(_WORDS)],
        "tookMs": round(duration, 1),
        "traceId": trace,
    }
    if failed:
        return Event("error", "shard 2 did not answer", "search", fields)
    if duration > 100:
        return Event("warn", "slow query", "search", {**fields, "hits": user % 300})
    return Event("info", "search", "search", {**fields, "hits": user % 300})


def _user(calls: Calls, row: Row) -> Event:
    duration, failed, _, trace, user, _item = row
    fields: dict[str, Value] = {"user": user, "ms": round(duration, 1), "trace_id": trace}
    if failed:
        return Event("error", "session lookup failed", "user.sessions", fields, _traceback("user"))
    if calls.route.path == "/login" and user % 19 == 0:
        return Event("warn", "wrong password", "user.auth", fields)
    return Event(
        "info", "logged in" if calls.route.path == "/login" else "session valid", "user.auth", fields
    )


def _email(_: Calls, row: Row) -> Event:
    duration, failed, _starved, trace, user, item = row
    fields: dict[str, Value] = {
        "template": "order-confirmation",
        "to": f"user{user}@example.com",
        "trace_id": trace,
    }
    if failed:
        return Event("error", "mail refused", "", {**fields, "smtp": "421 4.7.0 try again later"})
    return Event("info", "mail queued", "", {**fields, "duration": f"{duration:.1f}ms", "size": 4000 + item})


def _shipping(_: Calls, row: Row) -> Event:
    duration, failed, _starved, trace, user, item = row
    fields: dict[str, Value] = {
        "order": f"o-{user}{item:03d}",
        "carrier": ("dhl", "ups", "postnl")[item % 3],
        "trace_id": trace,
    }
    if failed:
        return Event("error", "carrier API answered 503", "shipping/rates.go:71", fields)
    return Event(
        "info", "label created", "shipping/label.go:44", {**fields, "duration_ms": round(duration, 2)}
    )


def _recommend(_: Calls, row: Row) -> Event:
    duration, failed, _starved, trace, user, item = row
    fields: dict[str, Value] = {"user": user, "trace_id": trace}
    if failed:
        return Event("error", "model did not answer", "recommend.model", fields, _traceback("recommend"))
    if item % 3 == 0:
        return Event("debug", f"features from cache, age {item % 50} s", "recommend.features", fields)
    return Event("info", f"{item % 12 + 3} recommendations in {duration:.1f} ms", "recommend.model", fields)


def _traceback(name: str) -> tuple[str, ...]:
    return tuple(line.format(name=name) for line in _TRACEBACK)


_WORDS = ("running shoes", "tent", "headlamp", "rain jacket", "water bottle", "sleeping bag", "stove")

_VOICES: Mapping[str, Callable[[Calls, Row], Event]] = {
    "gateway": _gateway,
    "cart": _cart,
    "checkout": _checkout,
    "payment": _payment,
    "catalog": _catalog,
    "search": _search,
    "user": _user,
    "email": _email,
    "shipping": _shipping,
    "recommend": _recommend,
}
