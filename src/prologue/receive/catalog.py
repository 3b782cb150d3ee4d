"""Every receiver, listed. A new one is one module, one line here, one page in `docs/receivers/`."""

from __future__ import annotations

from prologue.receive import cloudevents, datadog, firehose, jsonlines, lines, payloads
from prologue.receive.elasticsearch import receiver as elasticsearch
from prologue.receive.gelf import receiver as gelf
from prologue.receive.journald import receiver as journald
from prologue.receive.loki import receiver as loki
from prologue.receive.otlp import receiver as otlp
from prologue.receive.receiver import Receiver
from prologue.receive.splunk import receiver as splunk
from prologue.receive.webhooks import argocd, github, gitlab, jenkins

RECEIVERS: tuple[Receiver, ...] = (
    jsonlines.RECEIVER,
    lines.RECEIVER,
    payloads.RECEIVER,
    loki.RECEIVER,
    otlp.RECEIVER,
    elasticsearch.RECEIVER,
    gelf.HTTP,
    splunk.RECEIVER,
    datadog.RECEIVER,
    journald.RECEIVER,
    cloudevents.RECEIVER,
    firehose.RECEIVER,
    github.RECEIVER,
    gitlab.RECEIVER,
    jenkins.RECEIVER,
    argocd.RECEIVER,
)
