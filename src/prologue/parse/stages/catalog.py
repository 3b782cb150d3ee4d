"""Every stage of custom parsers by the name it has in YAML.

A new one is a module here, a line in this dictionary and a section in docs/parsers.md, where a test runs its
examples. The contract is in `prologue.parse.pipelines`.
"""

from __future__ import annotations

from collections.abc import Mapping

from prologue.parse.stages import (
    drop,
    fields,
    grok,
    json_object,
    key_value,
    labels,
    regex,
    severity,
    timestamp,
)
from prologue.parse.stages.kind import StageKind

STAGES: Mapping[str, StageKind] = {
    "json": json_object.STAGE,
    "logfmt": key_value.LOGFMT,
    "kv": key_value.KV,
    "regex": regex.STAGE,
    "grok": grok.STAGE,
    "timestamp": timestamp.STAGE,
    "severity": severity.STAGE,
    "labels": labels.STAGE,
    "rename": fields.RENAME,
    "copy": fields.COPY,
    "remove": fields.REMOVE,
    "drop": drop.STAGE,
}
