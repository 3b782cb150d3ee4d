"""The functions a template may call: name to the number of arguments, at least and at most.

Go's own (text/template, "Functions"), then those Loki documents ("Template functions"), then the
names Loki keeps from before. What each does is the planner's business.
"""

from __future__ import annotations

from types import MappingProxyType

MANY = 1_000

GO_FUNCTIONS = {
    "and": (1, MANY),
    "or": (1, MANY),
    "not": (1, 1),
    "len": (1, 1),
    "index": (1, MANY),
    "slice": (1, 4),
    "print": (0, MANY),
    "printf": (1, MANY),
    "println": (0, MANY),
    "html": (1, MANY),
    "js": (1, MANY),
    "urlquery": (1, MANY),
    "eq": (2, MANY),
    "ne": (2, 2),
    "lt": (2, 2),
    "le": (2, 2),
    "gt": (2, 2),
    "ge": (2, 2),
}

LOKI_FUNCTIONS = {
    "__line__": (0, 0),
    "__timestamp__": (0, 0),
    "add": (1, MANY),
    "addf": (1, MANY),
    "alignLeft": (2, 2),
    "alignRight": (2, 2),
    "b64dec": (1, 1),
    "b64enc": (1, 1),
    "bytes": (1, 1),
    "ceil": (1, 1),
    "contains": (2, 2),
    "count": (2, 2),
    "date": (2, 2),
    "default": (1, 2),
    "div": (2, 2),
    "divf": (1, MANY),
    "duration": (1, 1),
    "duration_seconds": (1, 1),
    "float64": (1, 1),
    "floor": (1, 1),
    "fromJson": (1, 1),
    "hasPrefix": (2, 2),
    "hasSuffix": (2, 2),
    "indent": (2, 2),
    "int": (1, 1),
    "lower": (1, 1),
    "max": (1, MANY),
    "maxf": (1, MANY),
    "min": (1, MANY),
    "minf": (1, MANY),
    "mod": (2, 2),
    "mul": (1, MANY),
    "mulf": (1, MANY),
    "nindent": (2, 2),
    "now": (0, 0),
    "regexReplaceAll": (3, 3),
    "regexReplaceAllLiteral": (3, 3),
    "repeat": (2, 2),
    "replace": (3, 3),
    "round": (2, 3),
    "sub": (2, 2),
    "subf": (1, MANY),
    "substr": (3, 3),
    "title": (1, 1),
    "toDate": (2, 2),
    "toDateInZone": (3, 3),
    "trim": (1, 1),
    "trimAll": (2, 2),
    "trimPrefix": (2, 2),
    "trimSuffix": (2, 2),
    "trunc": (2, 2),
    "unixEpoch": (1, 1),
    "unixEpochMillis": (1, 1),
    "unixEpochNanos": (1, 1),
    "unixToTime": (1, 1),
    "upper": (1, 1),
    "urldecode": (1, 1),
    "urlencode": (1, 1),
}

OLD_FUNCTIONS = {
    "Replace": (4, 4),
    "ToLower": (1, 1),
    "ToUpper": (1, 1),
    "Trim": (2, 2),
    "TrimLeft": (2, 2),
    "TrimPrefix": (2, 2),
    "TrimRight": (2, 2),
    "TrimSpace": (1, 1),
    "TrimSuffix": (2, 2),
}

FUNCTIONS = MappingProxyType(GO_FUNCTIONS | LOKI_FUNCTIONS | OLD_FUNCTIONS)
