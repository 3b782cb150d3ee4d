"""Plain text lines over HTTP: one record a line, kept raw; labels come from the URL.

`POST /insert/lines?service_name=checkout&env=prod`: every parameter is a stream label that holds
for the whole body. The lines' own level, time and fields are found later, by the parser.

Next chapter: `prologue.parse`.
"""

from __future__ import annotations

from collections.abc import Mapping

from prologue.model.errors import PayloadError
from prologue.model.labels import with_service_name
from prologue.model.payload import Payload, PayloadFormat
from prologue.receive.answers import PlainAnswers
from prologue.receive.columns import require_few
from prologue.receive.fields import bad_parameter, require_label_name
from prologue.receive.jsonlines import count_lines
from prologue.receive.receiver import Decoded, Push, Receiver
from prologue.receive.settings import ReceiveSettings


def decode(push: Push, settings: ReceiveSettings) -> Decoded:
    """One payload of raw lines under the URL's labels. Raises `PayloadError` for an empty body."""
    return text_lines(push, read_labels(push.query), settings)


def text_lines(
    push: Push, labels: Mapping[str, str], settings: ReceiveSettings, params: Mapping[str, str] | None = None
) -> Decoded:
    """The body as lines under `labels`, as every protocol that takes text does it."""
    if not push.body or push.body.isspace():
        raise PayloadError("the body has no lines", cure="send one text line a record")
    records = count_lines(push.body)
    require_few(records, settings.max_body_records)
    kept = {name: value for name, value in labels.items() if value}
    payload = Payload(
        tenant=push.tenant,
        format=PayloadFormat.LINES,
        data=push.body,
        received_ns=push.received_ns,
        labels=with_service_name(kept) if settings.discover_service_name else kept,
        params=params or {},
        records=records,
    )
    return Decoded((payload,), records)


def read_labels(query: tuple[tuple[str, str], ...]) -> dict[str, str]:
    """The URL's parameters as labels; a name may stand once."""
    labels: dict[str, str] = {}
    for name, value in query:
        if require_label_name(name, "parameter") in labels:
            raise bad_parameter(f"label {name[:40]!r} is given twice", "give each label once")
        labels[name] = value
    return labels


RECEIVER = Receiver("lines", ("/insert/lines",), decode, PlainAnswers())
