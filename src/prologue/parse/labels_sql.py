"""Label sets as engine expressions: the canonical text, equal byte for byte to
`prologue.model.labels.canonical`, and the service a line belongs to.
"""

from __future__ import annotations

from prologue.model.labels import SERVICE_NAME, SERVICE_NAME_SOURCES, UNKNOWN_SERVICE, sanitize_name
from prologue.parse.columns import array, quoted

# Spelled with a dot by OpenTelemetry; looked for among attributes only, labels cannot hold dots.
_ATTRIBUTE_SOURCES = (SERVICE_NAME, "service.name", *SERVICE_NAME_SOURCES)


def canonical(values: dict[str, str]) -> str:
    """The canonical text of a label set, given an expression for each label's value.

    An empty value means that the line does not have the label.
    """
    members = []
    for name in sorted(values):
        value, key = values[name], quoted(',"' + name + '":')
        members.append(f"if({value} = '', '', concat({key}, toJSONString({value})))")
    joined = f"concat({', '.join(members)}, '')" if members else "''"
    return f"toLowCardinality(concat('{{', substring({joined}, 2), '}}'))"


def service_name(attributes: str) -> str:
    """The service by the attributes of a line, in the documented order of preference."""
    first, *rest = _ATTRIBUTE_SOURCES
    sources = array(rest)
    found = f"arrayFirst(k -> mapContains({attributes}, k) AND {attributes}[k] != '', {sources})"
    return (
        f"multiIf({attributes}[{quoted(first)}] != '', {attributes}[{quoted(first)}], "
        f"({found} AS service_source) != '', {attributes}[service_source], {quoted(UNKNOWN_SERVICE)})"
    )


def label_names(fields: tuple[str, ...]) -> dict[str, str]:
    """Label name to field name; a later field that sanitises to the same name is left an attribute."""
    names: dict[str, str] = {}
    for field in fields:
        names.setdefault(sanitize_name(field), field)
    return names
