"""`prologue up`: one node behind one HTTP server, until a signal.

Next chapter: `stopping.py`, how it ends; `node.py`, what a node is made of.
"""

from __future__ import annotations

import asyncio
import logging
import resource
import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import uvicorn
import uvloop

from prologue.app import collecting
from prologue.app.hangup import Reload
from prologue.app.lean import give_memory_back, keep_memory, leave_pandas_out
from prologue.app.node import Node
from prologue.app.receiving import http_tls
from prologue.app.replay import Replay
from prologue.app.stopping import Stop
from prologue.collect.status import SourceState
from prologue.config.settings import Settings
from prologue.model.errors import ConfigError
from prologue.parse.pipelines.nodes import PipelineSet
from prologue.receive.tls import TlsSettings
from prologue.serve.application import application
from prologue.serve.context import Context
from prologue.telemetry import log
from prologue.telemetry.version import version

logger = logging.getLogger(__name__)

# Where clients ask unless they are told otherwise.
DEFAULT_URL = "http://127.0.0.1:3100"

_BACKLOG = 2048
# How long a sender's connection is kept without a request: longer than the pause between two batches of most
# senders, who would otherwise open one for each batch, or meet the closing of the old one.
_KEEP_ALIVE_SECONDS = 75
_DESCRIPTORS = 65_536
# For the drain and the closing, once open requests were given their time: ten seconds by default.
_AFTER_REQUESTS_SECONDS = 5.0
_BLOCKED_SHOWN = 5
_NEXT_TO_NOTHING = 64 * 1024


def run(
    settings: Settings,
    read_parsers: Callable[[], PipelineSet] | None = None,
    *,
    chosen: frozenset[str] = frozenset(),
) -> int:
    """Serve until SIGINT or SIGTERM, then drain and stop. The process's exit code.

    SIGHUP takes the custom parsers as `read_parsers` finds them then. `chosen` are the keys that somebody
    set: an address that nobody chose may be another program's.

    Raises PrologueError where it cannot start.
    """
    log.set_up(settings.log.level, settings.log.format)
    _allow_descriptors()
    leave_pandas_out()
    keep_memory()
    with ExitStack() as stack:
        stop = stack.enter_context(Stop(settings.http.shutdown_timeout + _AFTER_REQUESTS_SECONDS))
        tls = http_tls(settings)
        listener = stack.enter_context(_listen(settings.http.listen, "http.listen", "--listen HOST:PORT"))
        listeners = [listener]
        if otlp := settings.receive.otlp_http_listen:
            listeners += _listen_otlp(otlp, stack, must="receive.otlp_http_listen" in chosen)
        node = Node(settings, read_parsers, chosen)
        context = node.open()
        stack.callback(node.close)
        stack.enter_context(Reload(node.parsers.reload_or_tell))
        server = _server(context, tls)
        stop.applies_to(server)
        give_memory_back()  # a start runs much of the program that is not run again
        _greet(listener, node, "https" if tls else "http")
        stack.enter_context(Replay(node.buffer.to_replay))
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            runner.run(server.serve(sockets=listeners))
        if not node.drain(stop.seconds_to_drain()):
            logger.warning("some of what was acknowledged is still in the buffer; the next start writes it")
    return 0


def _server(context: Context, tls: TlsSettings | None) -> _Server:
    config = uvicorn.Config(
        application(context),
        log_config=None,
        access_log=False,
        server_header=False,
        lifespan="off",
        http="httptools",
        ws="websockets-sansio",
        timeout_keep_alive=_KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=max(1, int(context.settings.http.shutdown_timeout)),
        ssl_context_factory=(lambda *_: tls.server_context()) if tls else None,
    )
    return _Server(config)


class _Server(uvicorn.Server):
    """uvicorn without its own handling of signals: it would end the process before the drain."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _allow_descriptors() -> None:
    """As many open files as we may have: each sender's connection is one, and the usual limit is 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else min(_DESCRIPTORS, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _listen(address: str, key: str, where: str) -> socket.socket:
    """The listening socket, bound before anything is started so that a taken port costs nothing."""
    host, _, port = address.rpartition(":")
    host = host.strip("[]")
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, int(port)))
    except OSError as error:
        listener.close()
        raise ConfigError(
            f"cannot listen on {address}: {error.strerror}",
            key=key,
            cure=f"stop what uses that address, or choose another with {where}",
        ) from error
    listener.listen(_BACKLOG)
    return listener


def _listen_otlp(address: str, stack: ExitStack, *, must: bool) -> list[socket.socket]:
    """The socket for OTLP over HTTP; none where its address, which nobody chose, is another program's."""
    try:
        return [stack.enter_context(_listen(address, "receive.otlp_http_listen", "the setting"))]
    except ConfigError as error:
        if must:
            raise
        logger.warning("%s; OTLP over HTTP is taken on the main port only", error.message)
        return []


def _greet(listener: socket.socket, node: Node, scheme: str) -> None:
    """Tell the terminal what was found, where the UI is, and how to send more."""
    host, port = listener.getsockname()[:2]
    url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"
    print(f"Prologue {version()} is ready: {url}/", flush=True)
    if node.collector is not None:
        _tell_sources(node, url)
    if listening := ", ".join(f"{name} {address}" for name, address in node.streams.listening):
        print(f"  listening   {listening}")
    print(
        f'  send more   curl {url}/insert/jsonline -d \'{{"_msg":"hello","service_name":"me"}}\'\n'
        f"              Loki push {url}/loki/api/v1/push   OTLP {url}/v1/logs{_otlp_grpc(node)}\n"
        f"  ask         {url}/\n"
        f"              {_command('query', url)} '{{service_name=~\".+\"}}'\n"
        f"  data        {node.settings.data_dir.resolve()}   (stop with Ctrl-C)",
        flush=True,
    )


def _otlp_grpc(node: Node) -> str:
    return f" and {node.grpc.listening} (gRPC)" if node.grpc is not None else ""


def _command(name: str, url: str) -> str:
    """How to type a command of ours in the folder this one was started in: `make run` puts none on PATH."""
    started = Path(sys.argv[0])
    if shutil.which("prologue"):
        prologue = "prologue"
    elif started.name == "__main__.py":
        prologue = f"{sys.executable} -m prologue"
    else:
        prologue = str(started)
    return f"{prologue} {name}" + ("" if url == DEFAULT_URL else f" --url {url}")


def _tell_sources(node: Node, url: str) -> None:
    sources = node.sources()
    found = collecting.summary(sources)
    print(f"  collecting  {found or _nothing(node.settings.collect.discover)}")
    for source in [source for source in sources if source.state is SourceState.BLOCKED][:_BLOCKED_SHOWN]:
        print(f"  unreadable  {source.name}: {source.errors[-1]}")
    little = sum(source.size for source in sources) < _NEXT_TO_NOTHING and "journal" not in found
    # Who chose the files by hand knows what there is.
    if little and node.settings.collect.discover:
        print(f"  This machine has next to no logs. To see Prologue at work: {_command('demo', url)}")


def _nothing(discover: bool) -> str:
    if discover:
        return "nothing: this machine has no log files that can be read"
    return "nothing yet: collect.discover is off, and no file fits collect.include"
