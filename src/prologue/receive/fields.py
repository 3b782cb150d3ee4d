"""Reading and checking what a sender names in a request: fields, labels, comma-separated lists."""

from __future__ import annotations

import re

from prologue.model.errors import UserError

MAX_NAMES = 64
MAX_NAME_CHARS = 256

_LABEL_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def bad_parameter(message: str, cure: str) -> UserError:
    """A request whose parameters are wrong, whatever its body."""
    return UserError(message, cure=cure, code="bad_parameter")


def field_names(parameter: str, value: str) -> tuple[str, ...]:
    """The names in a comma-separated list, in order; blanks around them do not count.

    >>> field_names("_stream_fields", "app, host.name")
    ('app', 'host.name')
    """
    names = tuple(name.strip() for name in value.split(",") if name.strip())
    cure = f"pass names joined by commas, as in {parameter}=app,host.name"
    if len(names) > MAX_NAMES:
        raise bad_parameter(f"{parameter} lists {len(names)} names; the limit is {MAX_NAMES}", cure)
    for name in names:
        if len(name) > MAX_NAME_CHARS or _CONTROL.search(name):
            raise bad_parameter(
                f"{parameter} has a name that is over {MAX_NAME_CHARS} characters or has control characters",
                cure,
            )
    if len(set(names)) != len(names):
        raise bad_parameter(f"{parameter} names a field twice", cure)
    return names


def is_label_name(name: str) -> bool:
    """Whether Prometheus' data model allows this label name.

    >>> is_label_name("app"), is_label_name("k8s.pod")
    (True, False)
    """
    return _LABEL_NAME.fullmatch(name) is not None


def require_label_name(name: str, where: str) -> str:
    """The name itself, or a `UserError` that says what a name may hold."""
    if not is_label_name(name):
        raise bad_parameter(
            f"{where} {name[:40]!r} is not a label name",
            "use letters, digits and underscores, not starting with a digit",
        )
    return name
