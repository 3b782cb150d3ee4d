"""`syslog`: a message of RFC 5424 or RFC 3164 in a line or field; and `cri`: a container runtime's line.

Both say when, and syslog how severe: time and level are set. What the message itself is becomes the field
`message` of a syslog line, and the body of a runtime's line, whose wrapping is of no use to anybody.

Sources: RFC 5424 section 6, RFC 3164 section 4; the Kubernetes CRI log format. (What comes in over the
receivers of these formats is unwrapped already: `prologue.parse.syslog`, `prologue.parse.framing`.)
"""

from __future__ import annotations

import zoneinfo
from dataclasses import dataclass

from prologue.logql.lower.sql import Expr, expr
from prologue.parse import timestamps
from prologue.parse.columns import array
from prologue.parse.pipelines.document import Options
from prologue.parse.pipelines.rows import MAP, Rows
from prologue.parse.stages.kind import StageKind
from prologue.parse.syslog import FACILITIES, SEVERITIES, SEVERITY_NUMBERS

_NEW = (
    r"^<([0-9]{1,3})>[0-9]{1,2} (\S+) (\S+) (\S+) (\S+) (\S+) "
    r'(-|(?:\[(?:[^"\]]|"(?:[^"\\]|\\.)*")*\])+)(?: (?s:(.*)))?$'
)
_OLD = (
    r"^(?:<([0-9]{1,3})>)?((?:[A-Z][a-z]{2} [ 0-9][0-9] [0-9:]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.,]+"
    r"(?:Z|[+-][0-9:]{5,6})?)) (\S+) ([^\s:\[]+)(?:\[([^\]]*)\])?: ?(?s:(.*))$"
)
_PARAMETER = r'([^ =\]"\[]+)="((?:[^"\\]|\\.)*)"'
_ELEMENT = r'\[([^ \]]+)((?: [^ =\]"]+="(?:[^"\\]|\\.)*")*)\]'
_CRI = r"^(\S+) (stdout|stderr) ([FP])[^ ]* ?(?s:(.*))$"


@dataclass(frozen=True, slots=True)
class Syslog:
    """`zone` is that of times which say none."""

    source: str
    zone: str


@dataclass(frozen=True, slots=True)
class Cri:
    """Where the runtime's line is."""

    source: str


def read_syslog(options: Options) -> Syslog:
    zone = options.text("zone", "UTC")
    if zone not in zoneinfo.available_timezones():
        options.refuse("zone", f"there is no time zone {zone!r}", "write it like Asia/Shanghai or UTC")
    return Syslog(options.text("source", "body"), zone)


def read_cri(options: Options) -> Cri:
    return Cri(options.text("source", "body"))


def lower_syslog(node: Syslog, rows: Rows) -> None:
    text = rows.source(node.source)
    bound = rows.bindings.text
    new = rows.compute(expr(f"extractGroups({text}, {bound(_NEW)})", text))
    old = rows.compute(expr(f"if(empty({new}), extractGroups({text}, {bound(_OLD)}), [])", text, new))
    rows.fail(
        expr(f"empty({new}) AND empty({old})", new, old), "SyslogParserErr", "the text is no syslog message"
    )
    # Behind the priority: time, host, application, process, message id, data, message.
    places = {"hostname": (3, 3), "appname": (4, 4), "procid": (5, 5), "msgid": (6, 0), "message": (8, 6)}
    for name, (in_new, in_old) in places.items():
        other = f"{old}[{in_old}]" if in_old else "''"
        value = rows.compute(expr(f"if(notEmpty({new}), {new}[{in_new}], {other})", new, old))
        rows.found(name, expr(f"if({value} = '-', '', {value})", value))
    _priority(rows, expr(f"if(notEmpty({new}), {new}[1], {old}[1])", new, old))
    data = f"if(notEmpty({new}), {new}[7], '')"
    named = (
        f"arrayMap(p -> (concat(e[1], '.', p[1]), p[2]), extractAllGroupsVertical(e[2], {bound(_PARAMETER)}))"
    )
    pairs = f"arrayFlatten(arrayMap(e -> {named}, extractAllGroupsVertical({data}, {bound(_ELEMENT)})))"
    kept = f"arrayFilter(p -> p.2 != '', {pairs})"
    rows.found_map(rows.compute(expr(f"CAST({kept}, '{MAP}')", new)))
    time = rows.compute(expr(f"replaceOne(if(notEmpty({new}), {new}[2], {old}[2]), ',', '.')", new, old))
    observed, zone = rows.column("observed"), bound(node.zone)
    found = (
        f"if(match({time}, '^[A-Z]'), {timestamps.latest(time.sql, zone, observed.sql)}, "
        f"{timestamps.parsed(time.sql, zone)})"
    )
    _time(rows, expr(f"if({time} IN ('', '-'), NULL, {found})", time, observed))


def _priority(rows: Rows, digits: Expr) -> None:
    text = rows.compute(digits)
    number = rows.compute(expr(f"toUInt16OrZero({text})", text))
    known = f"{text} != '' AND {number} < 192"
    facility = f"{array(FACILITIES)}[intDiv({number}, 8) + 1]"
    rows.found("facility", rows.compute(expr(f"if({known}, {facility}, '')", text, number)))
    level = f"{array(SEVERITIES)}[{number} % 8 + 1]"
    rows.found("severity_text", rows.compute(expr(f"if({known}, {level}, '')", text, number)))
    was = rows.column("severity_number")
    rows.assign(
        "severity_number",
        expr(f"if({known}, toUInt8({SEVERITY_NUMBERS}[{number} % 8 + 1]), {was})", text, number, was),
    )


def _time(rows: Rows, value: Expr) -> None:
    found, was = rows.compute(value), rows.column("sent")
    rows.set_time(expr(f"ifNull({found}, {was})", found, was))


def lower_cri(node: Cri, rows: Rows) -> None:
    text = rows.source(node.source)
    groups = rows.compute(expr(f"extractGroups({text}, {rows.bindings.text(_CRI)})", text))
    rows.fail(expr(f"empty({groups})", groups), "CRIParserErr", "the text is not of the CRI format")
    rows.found("stream", rows.compute(expr(f"{groups}[2]", groups)))
    rows.found("body", rows.compute(expr(f"{groups}[4]", groups)))
    _time(rows, expr(timestamps.parsed(f"{groups}[1]", "'UTC'"), groups))


SYSLOG = StageKind(read_syslog, lower_syslog, main="source")
CRI = StageKind(read_cri, lower_cri, main="source")
