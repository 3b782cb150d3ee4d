"""Every setting: its name, type, default and meaning, as frozen data in sections.

This is the one place a setting is described: `docs/configuration.md` is generated from the
descriptions here, the loader takes types and bounds from here, and `prologue config show` lists
what is here. `prologue.config.section` has the kinds of values; larger areas keep their section in
`prologue.config.sections`.

Next chapter: `prologue.config.schema`, which turns these classes into a flat catalog of keys.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from msgspec import Meta

from prologue.config.section import Duration, Listen, ListenOrOff, Section, Size
from prologue.config.sections.agent import Agent
from prologue.config.sections.grpc import Grpc
from prologue.config.sections.kafka import Kafka
from prologue.config.sections.kubernetes import Kubernetes
from prologue.config.sections.limits import Limits
from prologue.config.sections.parsers import Parsers
from prologue.config.sections.receivers import Receivers
from prologue.config.sections.streams import Fluent, Gelf, Syslog
from prologue.receive.settings import OTLP_INDEX_ATTRIBUTES


class Http(Section, frozen=True):
    """The HTTP server: the web UI, the Loki API, the push API, `/ready` and `/metrics`."""

    listen: Annotated[
        Listen,
        Meta(
            description="Address and port to listen on. `127.0.0.1` is reachable from this machine only;"
            " `0.0.0.0:3100` from everywhere. Port 0 takes any free port."
        ),
    ] = "127.0.0.1:3100"
    tls_cert: Annotated[
        str, Meta(description="PEM file of the server's certificate and its chain. Empty: plain HTTP.")
    ] = ""
    tls_key: Annotated[str, Meta(description="PEM file of the certificate's private key.")] = ""
    tls_client_ca: Annotated[
        str,
        Meta(
            description="PEM file of the CA whose certificates clients must show (mTLS). Empty: any client"
            " may connect."
        ),
    ] = ""
    cors_origins: Annotated[
        tuple[str, ...],
        Meta(
            description="Origins, such as `https://grafana.example.org`, whose pages may call the API from a"
            " browser; `*` allows all. Empty: only Prologue's own UI."
        ),
    ] = ()
    shutdown_timeout: Annotated[
        Duration,
        Meta(ge=0, description="How long open requests may take to finish after Ctrl-C or SIGTERM."),
    ] = 5.0


class Receive(Section, frozen=True):
    """What senders may push."""

    max_body_bytes: Annotated[
        Size,
        Meta(
            ge=1024,
            description="Largest request body accepted, as it travels (compressed or not). A larger one is"
            " refused with 413 and this limit.",
        ),
    ] = 64 * 1024**2
    max_decompressed_bytes: Annotated[
        Size,
        Meta(
            ge=1024,
            description="Largest body accepted once it is decompressed: the guard against decompression"
            " bombs.",
        ),
    ] = 256 * 1024**2
    max_body_records: Annotated[
        int,
        Meta(
            ge=1,
            description="Most records one body may hold; a record of two bytes on the wire takes hundreds in"
            " memory.",
        ),
    ] = 1_000_000
    max_inflight_bytes: Annotated[
        Size,
        Meta(
            ge=0,
            description="Most memory that all bodies being received may take together; over it senders get"
            " 429 with Retry-After. 0: what one body of the largest size may take.",
        ),
    ] = 0
    read_timeout: Annotated[
        Duration,
        Meta(gt=0, description="How long a sender may fall silent in the middle of a body."),
    ] = 30.0
    max_ahead: Annotated[
        Duration,
        Meta(
            ge=0,
            le=10 * 365 * 86400,
            description="How far ahead of its arrival a line's time may be. A line further ahead, or of"
            " before 1971, is kept at its time of arrival, with what was sent in `original_timestamp`.",
        ),
    ] = 48 * 3600.0
    max_behind: Annotated[
        Duration,
        Meta(
            ge=0,
            description="How far before its arrival a line's time may be, treated like `max_ahead`. 0: any"
            " age back to 1971. Each day in a batch costs as much as tens of thousands of lines, so set it"
            " where senders are not trusted with their clocks.",
        ),
    ] = 0.0
    otlp_index_attributes: Annotated[
        tuple[str, ...],
        Meta(
            description="OTLP resource attributes that become stream labels; the others are structured"
            " metadata. The default is Loki's."
        ),
    ] = OTLP_INDEX_ATTRIBUTES
    otlp_http_listen: Annotated[
        ListenOrOff,
        Meta(
            description="A second address of the same server, where OpenTelemetry SDKs send OTLP over HTTP by"
            " default. Where the default is taken by another program, Prologue warns and goes on without; an"
            " address that you chose must be free. Empty: OTLP over HTTP is taken on the main port only"
            " (`/v1/logs`)."
        ),
    ] = "127.0.0.1:4318"


class Labels(Section, frozen=True):
    """Labels that Prologue adds to what was sent."""

    discover_service_name: Annotated[
        bool,
        Meta(
            description="Give every stream a `service_name`, taken from `service`, `app`, `container`, `job`"
            " and their like when the sender named none. Off: a line carries only what was sent."
        ),
    ] = True
    discover_log_levels: Annotated[
        bool,
        Meta(
            description="Give every line a `detected_level`, from its severity, its attributes or its text."
            " Off: a line carries only what was sent."
        ),
    ] = True


class Buffer(Section, frozen=True):
    """The disk buffer: where a batch is made durable before it is acknowledged."""

    max_bytes: Annotated[
        Size,
        Meta(
            ge=1024**2,
            description="Most that may wait on disk for the store. When it is full senders get 429 with"
            " Retry-After and collected files wait; nothing is dropped.",
        ),
    ] = 4 * 1024**3
    segment_bytes: Annotated[
        Size,
        Meta(
            ge=64 * 1024,
            description="Size at which a segment is sealed and inserted as one batch. A record counts at"
            " least 256 bytes: 32 MiB hold at most 131,072. Larger is faster and uses more memory.",
        ),
    ] = 32 * 1024**2
    seal_after: Annotated[
        Duration,
        Meta(
            gt=0,
            description="Age at which a segment is sealed even if it is small: the most a line waits for its"
            " batch when little is sent.",
        ),
    ] = 0.25
    forget_sources_after: Annotated[
        Duration,
        Meta(
            gt=0,
            description="How long the position reached in a file or other replayable source is remembered"
            " after its last line.",
        ),
    ] = 30 * 86400.0


class Store(Section, frozen=True):
    """The embedded engine and how long it keeps lines."""

    retention_days: Annotated[
        int,
        Meta(ge=0, description="Days a line is kept, by its own timestamp. 0 keeps lines for ever."),
    ] = 30
    retention: Annotated[
        dict[str, int],
        Meta(
            ge=0,
            description="Days by retention class, for lines that must be kept for a longer or shorter time:"
            " `{audit: 365, debug: 3}`. A stream is of the class that its label `retention_class` names, else"
            " of the default. 0 keeps the class for ever.",
        ),
    ] = {}
    delete_delay: Annotated[
        Duration,
        Meta(
            ge=0,
            description="How long a request to delete lines waits before it is carried out. Until then it can"
            " be cancelled.",
        ),
    ] = 60.0
    min_free: Annotated[
        Size,
        Meta(
            ge=0,
            description="Bytes that must be free on the engine's disk: with less, nothing is stored and"
            " nothing is merged, because the engine damages what it writes while a disk fills up. Lines wait"
            " in the buffer, queries go on.",
        ),
    ] = 256 * 1024**2
    query_memory: Annotated[
        Size,
        Meta(
            ge=16 * 1024**2,
            description="Most memory one query may take in the engine; over it the query fails with an error"
            " that says so.",
        ),
    ] = 1024**3


class Query(Section, frozen=True):
    """What one query may ask for."""

    timeout: Annotated[
        Duration, Meta(gt=0, description="Longest a query may run before it is stopped with an error.")
    ] = 60.0
    max_entries: Annotated[
        int, Meta(ge=1, description="Largest `limit` a log query may ask for: lines in one answer.")
    ] = 5000
    max_series: Annotated[int, Meta(ge=1, description="Most series one metric query may answer with.")] = (
        20000
    )
    max_bytes_read: Annotated[
        Size,
        Meta(ge=0, description="Most uncompressed bytes one query may read from the store. 0: no limit."),
    ] = 0


class Collect(Section, frozen=True):
    """Which log files of this machine are tailed."""

    enabled: Annotated[
        bool,
        Meta(description="Collect this machine's logs. Off: only what is pushed is stored."),
    ] = True
    discover: Annotated[
        bool,
        Meta(
            description="Find logs without configuration: `/var/log/**/*.log`, syslog, journald, Docker"
            " json-file and CRI pod logs. Off: only `include`."
        ),
    ] = True
    include: Annotated[
        tuple[str, ...],
        Meta(
            description="More files to tail, as globs; `**` matches any number of folders:"
            " `/srv/*/logs/**/*.log`."
        ),
    ] = ()
    exclude: Annotated[
        tuple[str, ...],
        Meta(description="Files never to tail, as globs; wins over `include` and discovery."),
    ] = ()
    services: Annotated[
        dict[str, str],
        Meta(
            description="`service_name` by file glob, where the name found by rule is not the one you want;"
            " the files are tailed as if they were in `include`: `{/srv/shop/logs/*.log: shop}`."
        ),
    ] = {}
    encodings: Annotated[
        dict[str, str],
        Meta(
            description="Encoding of text files by glob, where it is not UTF-8: `{/srv/erp/*.log: gbk}`;"
            " `gb18030`, `big5`, `shift_jis`, `latin-1`, `utf-16` and others. The files are tailed as if"
            " they were in `include`, and stored as UTF-8."
        ),
    ] = {}
    multiline: Annotated[
        dict[str, str],
        Meta(
            description="Which lines of a file belong together, by glob: a preset (`java`, `python`, `go`,"
            " `node`, `ruby`, `dotnet`, `timestamp`), `start: EXPRESSION` for a record's first line, or"
            " `continuation: EXPRESSION` for the others: `{/srv/shop/*.log: java}`. Plain files are tailed"
            " as if they were in `include`."
        ),
    ] = {}
    multiline_wait: Annotated[
        Duration,
        Meta(
            gt=0,
            description="A file's last record is complete when nothing was written for so long; it is held"
            " for five times that at most.",
        ),
    ] = 1.0
    kubernetes: Kubernetes = Kubernetes()
    root: Annotated[
        Path,
        Meta(
            description="Folder that stands for `/`: in a container, where the host's root is mounted"
            " (`/host`)."
        ),
    ] = Path("/")
    host: Annotated[
        str,
        Meta(
            description="Name of this machine, the label `host`. Empty: its host name. In a pod, give it the"
            " node's (`spec.nodeName`)."
        ),
    ] = ""
    rescan: Annotated[
        Duration, Meta(gt=0, description="How often to look for new files where the kernel does not tell.")
    ] = 5.0
    rate_limit: Annotated[
        Size,
        Meta(
            ge=0,
            description="Most bytes a second of one service. What is over it waits: files are read later,"
            " programs that write into a pipe wait; nothing is dropped. The journal is one service,"
            " `journal`. 0: no limit.",
        ),
    ] = 0
    rate_limits: Annotated[
        dict[str, int],
        Meta(
            ge=0,
            description="Bytes a second by service, where it is not `rate_limit`: `{debug-tool: 100000}`. 0:"
            " no limit for that service.",
        ),
    ] = {}
    initial_max_bytes: Annotated[
        Size,
        Meta(
            ge=0,
            description="How much of a file seen for the first time is read: its last so many bytes, from a"
            " line's start. 0: only what is appended from now on.",
        ),
    ] = 64 * 1024**2
    max_line_bytes: Annotated[
        Size,
        Meta(
            ge=1024, description="A longer line is stored in pieces of this size; no part of it is dropped."
        ),
    ] = 16 * 1024**2


class Log(Section, frozen=True):
    """Prologue's own log, on stderr."""

    level: Annotated[
        Literal["debug", "info", "warning", "error"], Meta(description="Least severe level written.")
    ] = "info"
    format: Annotated[
        Literal["text", "json"],
        Meta(description="`text` for people, `json` for another log system: one object a line."),
    ] = "text"


class Settings(Section, frozen=True):
    """All settings. Build one with `prologue.config.load.load`, or plainly in a test."""

    data_dir: Annotated[
        Path,
        Meta(
            description="Folder for everything Prologue stores. Relative to the folder it is started in."
            " One process at a time may use it."
        ),
    ] = Path("data")
    http: Http = Http()
    receive: Receive = Receive()
    grpc: Grpc = Grpc()
    kafka: Kafka = Kafka()
    limits: Limits = Limits()
    receivers: Receivers = Receivers()
    syslog: Syslog = Syslog()
    fluent: Fluent = Fluent()
    gelf: Gelf = Gelf()
    labels: Labels = Labels()
    parsers: Parsers = Parsers()
    buffer: Buffer = Buffer()
    store: Store = Store()
    query: Query = Query()
    collect: Collect = Collect()
    agent: Agent = Agent()
    log: Log = Log()
