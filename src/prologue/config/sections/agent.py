"""The section `agent`: where `prologue agent` ships what it collects, and how.

Next chapter: `prologue.app.agent`, which reads it.
"""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from prologue.config.section import SECRET, Duration, ListenOrOff, Section, Size


class Agent(Section, frozen=True):
    """`prologue agent`: ships what `collect` names to another machine."""

    url: Annotated[
        str,
        Meta(
            description="Where to ship to: a Prologue server, or an OTLP or Loki endpoint (see `protocol`)."
            " A server's root is enough; an address with a path is used as it is for OTLP and Loki."
        ),
    ] = "http://127.0.0.1:3100"
    protocol: Annotated[
        Literal["prologue", "otlp", "loki"],
        Meta(
            description="How to speak to it. `prologue` stores every line exactly once; `otlp` (OTLP over"
            " HTTP) and `loki` (Loki push) at least once."
        ),
    ] = "prologue"
    tenant: Annotated[str, Meta(description="Tenant of everything shipped, sent as `X-Scope-OrgID`.")] = (
        "default"
    )
    token: Annotated[str, Meta(description="Bearer token sent as `Authorization`. Empty: none."), SECRET] = ""
    headers: Annotated[
        dict[str, str],
        Meta(description="More headers for every request: `{Authorization: Basic dXNlcjpwYXNz}`."),
        SECRET,
    ] = {}
    ca_file: Annotated[
        str,
        Meta(description="PEM file of the authorities to trust for `https`. Empty: the system's."),
    ] = ""
    cert_file: Annotated[
        str, Meta(description="PEM file of the client certificate to show. Empty: none.")
    ] = ""
    key_file: Annotated[str, Meta(description="PEM file of its key. Empty: it is in `cert_file`.")] = ""
    compression: Annotated[
        Literal["auto", "zstd", "gzip", "none"],
        Meta(description="How bodies are compressed. `auto`: zstd to Prologue, gzip to others."),
    ] = "auto"
    batch_bytes: Annotated[
        Size, Meta(ge=1024, description="A batch is sent once it has this many bytes of lines.")
    ] = 512 * 1024
    batch_wait: Annotated[
        Duration, Meta(ge=0, description="A smaller batch is sent this long after its first line was read.")
    ] = 0.2
    connections: Annotated[
        int,
        Meta(
            ge=1,
            description="Batches on their way at once. Those of one file never overlap: its lines arrive in"
            " order.",
        ),
    ] = 2
    timeout: Annotated[Duration, Meta(gt=0, description="How long to wait for the endpoint in one try.")] = (
        30.0
    )
    max_backoff: Annotated[
        Duration,
        Meta(
            gt=0,
            description="Longest pause between two tries, before jitter. `Retry-After` is honoured beyond it,"
            " up to five minutes.",
        ),
    ] = 30.0
    max_in_flight_bytes: Annotated[
        Size,
        Meta(
            ge=1024**2,
            description="Most bytes read and not acknowledged yet: the bound on memory. Beyond it reading"
            " stops; the files are the buffer.",
        ),
    ] = 16 * 1024**2
    shutdown_timeout: Annotated[
        Duration,
        Meta(ge=0, description="How long, when stopped, to wait for what was read to be acknowledged."),
    ] = 5.0
    refused_max_bytes: Annotated[
        Size,
        Meta(
            ge=0,
            description="What the endpoint refuses for good (400 and its like) is kept in `agent/refused` up"
            " to this size, with the reason. Beyond it, or with 0, its source waits and says so.",
        ),
    ] = 256 * 1024**2
    spool_max_bytes: Annotated[
        Size,
        Meta(
            ge=0,
            description="Disk for what cannot be read again (standard input, commands, sockets) until it is"
            " shipped. When it is full its writers wait. 0: none, they wait for the endpoint.",
        ),
    ] = 256 * 1024**2
    listen: Annotated[
        ListenOrOff,
        Meta(
            description="Where the agent answers `/metrics`, `/status` and `/ready`; `prologue agent status`"
            " asks there. Empty: nowhere."
        ),
    ] = "127.0.0.1:3101"
