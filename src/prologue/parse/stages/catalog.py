"""Every stage of custom parsers by the name it has in YAML.

A new one is a module here, a line in this dictionary and a section in docs/parsers.md, where a test runs its
examples. The contract is in `prologue.parse.pipelines`.
"""

from __future__ import annotations

from collections.abc import Mapping

from prologue.parse.stages import (
    csv_row,
    delimited,
    drop,
    fields,
    flatten,
    grok,
    json_object,
    key_value,
    labels,
    lookup,
    multiline,
    python_function,
    redact,
    regex,
    route,
    sampling,
    severity,
    syslog_message,
    template,
    timestamp,
    trace,
    wasm,
    xml_leaves,
)
from prologue.parse.stages.kind import StageKind

STAGES: Mapping[str, StageKind] = {
    "multiline": multiline.STAGE,
    "json": json_object.STAGE,
    "logfmt": key_value.LOGFMT,
    "kv": key_value.KV,
    "regex": regex.STAGE,
    "grok": grok.STAGE,
    "pattern": delimited.PATTERN,
    "dissect": delimited.DISSECT,
    "csv": csv_row.STAGE,
    "xml": xml_leaves.STAGE,
    "syslog": syslog_message.SYSLOG,
    "cri": syslog_message.CRI,
    "timestamp": timestamp.STAGE,
    "severity": severity.STAGE,
    "trace": trace.STAGE,
    "labels": labels.STAGE,
    "rename": fields.RENAME,
    "copy": fields.COPY,
    "remove": fields.REMOVE,
    "template": template.STAGE,
    "flatten": flatten.STAGE,
    "lookup": lookup.STAGE,
    "redact": redact.STAGE,
    "drop": drop.STAGE,
    "sample": sampling.SAMPLE,
    "rate_limit": sampling.RATE_LIMIT,
    "route": route.STAGE,
    "wasm": wasm.STAGE,
    "python": python_function.STAGE,
}
