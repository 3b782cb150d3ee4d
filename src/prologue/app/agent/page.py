"""The status page: one table of sources, read by a person in a hurry. No script, nothing from elsewhere.

Next chapter: `prologue.cli.commands.agent`, the same in a terminal.
"""

from __future__ import annotations

import html
from typing import Any

from prologue.config.units import about_size

_STYLE = (
    "body{font:14px system-ui;margin:2em;max-width:90em}table{border-collapse:collapse;width:100%}"
    "td,th{text-align:left;padding:.2em .8em .2em 0;border-bottom:1px solid #8884;vertical-align:top}"
    ".n{text-align:right}.e{color:#b00}"
)
COLUMNS = (
    "kind",
    "source",
    "service",
    "state",
    "lag",
    "behind",
    "lines",
    "acknowledged",
    "retried",
    "problem",
)


def page(snapshot: dict[str, Any]) -> str:
    """The whole page as HTML; every value is escaped."""
    to = snapshot["destination"]
    told = "".join(f'<p class="e">{_text(problem)}</p>' for problem in remarks(snapshot))
    head = "".join(f"<th>{name}</th>" for name in COLUMNS)
    rows = "".join(_row(source) for source in snapshot["sources"])
    return (
        f'<!doctype html><meta charset="utf-8"><title>Prologue agent</title><style>{_STYLE}</style>'
        f"<h1>Prologue agent {_text(snapshot['agent'])}</h1>"
        f"<p>ships to {_text(to['url'])} ({_text(to['protocol'])}, tenant {_text(to['tenant'])}): "
        f"{to['shipped_payloads']} payloads, {about_size(to['shipped_bytes'])}, {to['retries']} retries, "
        f"{to['refused_payloads']} put aside, {to['waiting_payloads']} waiting</p>{told}"
        f"<table><tr>{head}</tr>{rows}</table>"
    )


def remarks(snapshot: dict[str, Any]) -> list[str]:
    """What is wrong, and what has to wait, a sentence each."""
    last = snapshot["destination"]["last_error"]
    limited = [
        f"{one['service']} is limited to {about_size(one['bytes_per_second'])}/s and waited "
        f"{one['waited_seconds']:g} s so far; its files hold what is over it"
        for one in snapshot["limited"]
    ]
    return [*snapshot["problems"], *([last] if last else []), *limited]


def cells(source: dict[str, Any]) -> tuple[str, ...]:
    """One source as text, in the order of COLUMNS."""
    service = source["service"] or ""
    return (
        source["kind"],
        source["name"],
        f"{service} ({source['service_from']})" if service and source["service_from"] else service,
        source["state"],
        about_size(source["lag_bytes"]),
        f"{source['lag_seconds']:.1f} s",
        str(source["lines"]),
        about_size(source["acked_bytes"]),
        str(source["retries"]),
        source["error"] or "",
    )


def _row(source: dict[str, Any]) -> str:
    *plain, problem = cells(source)
    return (
        "<tr>"
        + "".join(f"<td>{_text(cell)}</td>" for cell in plain)
        + f'<td class="e">{_text(problem)}</td></tr>'
    )


def _text(value: object) -> str:
    return html.escape(str(value))
