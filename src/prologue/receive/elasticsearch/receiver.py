"""Elasticsearch's bulk API: `POST /_bulk` and `POST /{index}/_bulk`, for Beats, Logstash and their like.

The documents stay the text that came and are parsed by the engine, as JSON lines with the field names
of the Elastic Common Schema; the URL and the headers may name others, as for JSON lines. Sound items
of a body are stored together or not at all; each broken one has its reason in the answer.

Source: Elasticsearch's reference, "Bulk index or delete documents"; Elastic Common Schema. Next
chapter: `prologue.receive.elasticsearch.bulk`.
"""

from __future__ import annotations

from dataclasses import replace

from prologue.receive.elasticsearch.answers import BulkAnswers, reply
from prologue.receive.elasticsearch.bulk import document_lines, read_bulk
from prologue.receive.elasticsearch.probes import PREFIX, probes
from prologue.receive.jsonlines import json_lines
from prologue.receive.receiver import Decoded, Push, Receiver
from prologue.receive.settings import ReceiveSettings
from prologue.receive.tokens import basic_password, tenant_of_token

INDEX_LABEL = "_index"

DEFAULTS = {
    "time_field": "@timestamp,timestamp,time",
    "message_field": "message,msg,log,event.original,_msg",
    "stream_fields": "service.name,host.name,kubernetes.namespace,kubernetes.pod.name,"
    "kubernetes.container.name,container.name,data_stream.dataset,data_stream.namespace",
}
_WITH_INDEX = {**DEFAULTS, "stream_fields": f"{INDEX_LABEL},{DEFAULTS['stream_fields']}"}
"""Where the index differs from document to document."""


def admit(push: Push, settings: ReceiveSettings) -> str:
    authorization = push.headers.get("authorization", "")
    scheme, _, key = authorization.partition(" ")
    token = key.strip() if scheme.lower() in ("apikey", "bearer") else basic_password(authorization)
    accepted = settings.credentials.elasticsearch_api_keys
    return tenant_of_token(push, settings, token, accepted, "Authorization: ApiKey, or a Basic password")


def decode(push: Push, settings: ReceiveSettings) -> Decoded:
    """The sound documents as one payload of JSON lines, and the answer for every item."""
    bulk = read_bulk(push.body, push.path_parameters.get("index", ""), settings.max_body_records)
    indices = {action.index for action in set(bulk.actions)}
    said = reply(bulk, push.parameter("filter_path"))
    if len(indices) == 1:
        (index,) = indices
        lines = document_lines(bulk, with_index=False)
        decoded = json_lines(push, lines, DEFAULTS, {INDEX_LABEL: index} if index else {})
    else:
        lines = document_lines(bulk, with_index=True)
        decoded = json_lines(push, lines, _WITH_INDEX)
    return replace(decoded, reply=said)


RECEIVER = Receiver(
    "elasticsearch",
    tuple(prefix + path for prefix in ("", PREFIX) for path in ("/_bulk", "/{index}/_bulk")),
    decode,
    BulkAnswers(),
    admit=admit,
    methods=("POST", "PUT"),
    probes=probes(),
)
